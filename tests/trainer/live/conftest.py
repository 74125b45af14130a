"""Sockets that open pages and scripts hold."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress

import pytest
from channels.testing import WebsocketCommunicator
from django.conf import settings
from django.test import Client

from tests.trainer.rows import experiment_make
from trainer.live.publish import publish_flush
from trainer.models import Experiment
from trainer.services.access import api_token_ensure, operator_ensure

Connect = Callable[..., Awaitable[WebsocketCommunicator]]


@pytest.fixture
def experiment(transactional_db: None) -> Experiment:
    """An active experiment, committed: sockets look from other threads."""
    made = experiment_make()
    publish_flush()  # else its messages reach sockets that the test opens
    return made


@pytest.fixture
def token() -> str:
    """The API token."""
    return api_token_ensure()


@pytest.fixture
def cookie(transactional_db: None) -> bytes:
    """The session cookie of somebody who is signed in."""
    client = Client()
    client.force_login(operator_ensure())
    name = settings.SESSION_COOKIE_NAME
    return f"{name}={client.cookies[name].value}".encode()


@pytest.fixture
async def connect() -> AsyncIterator[Connect]:
    """Open sockets as a client does; they are closed after the test."""
    from accsite.asgi import application

    opened = []

    async def open_one(query: str = "", **headers: bytes) -> WebsocketCommunicator:
        sent = [(name.encode(), value) for name, value in headers.items()]
        socket = WebsocketCommunicator(application, f"/ws/live/?{query}", headers=sent)
        accepted, _ = await socket.connect(timeout=60)
        assert accepted
        opened.append(socket)
        return socket

    yield open_one
    for socket in opened:
        # Cancelled where the test failed in mid-wait; the other fixtures must still be undone.
        with suppress(asyncio.CancelledError):
            await socket.disconnect(timeout=60)
