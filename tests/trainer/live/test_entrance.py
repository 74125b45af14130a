"""A socket closes once the session or the token behind it is over."""

from urllib.parse import urlencode

import pytest
from channels.db import database_sync_to_async
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.utils import timezone

from trainer.live import consumers
from trainer.models import ApiToken
from trainer.services.access import operator_ensure
from trainer.services.sessions import sessions_end
from trainer.services.tokens import token_create, token_revoke

HOST = b"127.0.0.1:8000"
ORIGIN = b"http://127.0.0.1:8000"


@pytest.fixture(autouse=True)
def layer(settings, monkeypatch):
    """A channel layer in memory, and a look at the credentials twenty times a second."""
    backend = "channels.layers.InMemoryChannelLayer"
    settings.CHANNEL_LAYERS = {"default": {"BACKEND": backend}}
    monkeypatch.setattr(consumers, "LOOK_AGAIN_SECONDS", 0.05)


async def closed_with(socket):
    closed = await socket.receive_output(timeout=60)
    assert closed["type"] == "websocket.close"
    return closed["code"]


def shut_out():
    User.objects.update(is_active=False)


def expire():
    Session.objects.update(expire_date=timezone.now())


def password_change():
    user = operator_ensure()
    user.set_password("another-engine")
    user.save()


def sign_out_everywhere():
    assert sessions_end(user=operator_ensure()) == 1


@pytest.mark.parametrize("end", [shut_out, expire, password_change, sign_out_everywhere])
async def test_a_page_hears_nothing_more_once_its_session_is_over(experiment, cookie, connect, end):
    socket = await connect("", cookie=cookie, host=HOST, origin=ORIGIN)
    assert await socket.receive_nothing(timeout=0.3)
    await database_sync_to_async(end)()
    assert await closed_with(socket) == consumers.UNAUTHENTICATED


async def test_a_script_hears_nothing_more_once_its_token_is_revoked(experiment, connect):
    @database_sync_to_async
    def made():
        return token_create(owner=operator_ensure(), name="watch")

    token, secret = await made()
    socket = await connect(urlencode({"token": secret}))
    assert await socket.receive_nothing(timeout=0.3)
    await database_sync_to_async(token_revoke)(token)
    assert await closed_with(socket) == consumers.UNAUTHENTICATED


async def test_a_token_that_is_over_opens_no_socket(experiment, connect):
    @database_sync_to_async
    def expired():
        _, secret = token_create(owner=operator_ensure(), name="watch", days=1)
        ApiToken.objects.update(expires_at=timezone.now())
        return secret

    assert await closed_with(await connect(urlencode({"token": await expired()}))) == 4401
