"""Who may follow, what a follower receives, and what a sleeping one does not."""

import asyncio
import json
from urllib.parse import urlencode

import pytest
from channels.db import database_sync_to_async
from channels.layers import get_channel_layer
from channels.testing import WebsocketCommunicator

from tests.trainer.rows import experiment_make
from trainer.live.consumers import MOST_UNACKNOWLEDGED
from trainer.live.publish import publish_flush

HOST = b"127.0.0.1:8000"
ORIGIN = b"http://127.0.0.1:8000"


@pytest.fixture(autouse=True)
def layer(settings):
    """A channel layer in memory: what is tested here is the consumer."""
    settings.CHANNEL_LAYERS = {
        "default": {
            "BACKEND": "channels.layers.InMemoryChannelLayer",
            "CONFIG": {"capacity": 10 * MOST_UNACKNOWLEDGED},
        }
    }
    return get_channel_layer()


async def tell(group, **message):
    await say(group, json.dumps(message))


async def say(group, text):
    await get_channel_layer().group_send(
        group, {"type": "live.message", "group": group, "text": text}
    )


async def received(socket):
    return json.loads(await socket.receive_from(timeout=60))


async def closed_with(socket):
    closed = await socket.receive_output(timeout=60)
    assert closed["type"] == "websocket.close"
    return closed["code"]


async def test_a_script_follows_the_experiment_it_names(experiment, token, connect):
    socket = await connect(urlencode({"experiment": "small", "token": token}))
    await tell("experiment.small", type="job", job=1)
    await tell("experiment.other", type="job", job=2)
    await tell("system", type="trainer", state="online")
    assert await received(socket) == {"type": "job", "job": 1}
    assert await received(socket) == {"type": "trainer", "state": "online"}
    assert await socket.receive_nothing()


async def test_the_text_is_forwarded_as_it_is(experiment, token, connect):
    socket = await connect(urlencode({"token": token}))
    text = '{"b":1.10,  "a":"ü"}'
    await say("system", text)
    assert await socket.receive_from(timeout=60) == text


async def test_without_a_name_the_active_experiment_is_followed(experiment, token, connect):
    socket = await connect(urlencode({"token": token}))
    await tell("experiment.small", type="job", job=1)
    assert (await received(socket))["job"] == 1


async def test_before_the_first_experiment_the_trainer_is_followed(
    transactional_db, token, connect
):
    socket = await connect(urlencode({"token": token}))
    await tell("system", type="trainer", state="online")
    assert (await received(socket))["state"] == "online"


async def test_an_open_page_follows_with_its_session(experiment, cookie, connect):
    socket = await connect("experiment=small", cookie=cookie, host=HOST, origin=ORIGIN)
    await tell("experiment.small", type="job", job=1)
    assert (await received(socket))["job"] == 1


@pytest.mark.parametrize(
    ("host", "origin"),
    [
        (HOST, b"http://evil.example"),
        (HOST, b"http://127.0.0.1:9000"),
        (HOST, b"http://localhost:8000"),
        (HOST, b"http://127.0.0.1:8000.evil.example"),
        (HOST, b"null"),
        (HOST, b""),
        (HOST, b"127.0.0.1:8000"),
        (HOST, b"https://127.0.0.1:8000"),
        (b"evil.example", b"http://evil.example"),
        (b"", b"http://"),
    ],
)
async def test_a_page_of_another_server_may_not_use_the_session(
    experiment, cookie, connect, host, origin
):
    socket = await connect("", cookie=cookie, host=host, origin=origin)
    assert await closed_with(socket) == 4401


async def test_a_session_without_an_origin_is_no_open_page(experiment, cookie, connect):
    assert await closed_with(await connect("", cookie=cookie, host=HOST)) == 4401


async def test_behind_tls_a_page_that_came_over_plain_http_is_none_of_ours(
    experiment, cookie, connect, settings
):
    settings.ACC_HTTPS = True
    ours = await connect("", cookie=cookie, host=HOST, origin=ORIGIN.replace(b"http", b"https"))
    assert await ours.receive_nothing()
    plain = await connect("", cookie=cookie, host=HOST, origin=ORIGIN)
    assert await closed_with(plain) == 4401


async def test_a_proxys_origin_can_be_trusted(experiment, cookie, connect, settings):
    settings.CSRF_TRUSTED_ORIGINS = ["https://acc.example"]
    socket = await connect("", cookie=cookie, host=HOST, origin=b"https://acc.example")
    assert await socket.receive_nothing()


@pytest.mark.parametrize("query", ["", "token=", "token=wrong", "token=%FF", "token=%C3%BC"])
async def test_nobody_follows_without_credentials(experiment, connect, query):
    assert await closed_with(await connect(query, host=HOST, origin=ORIGIN)) == 4401


@pytest.mark.parametrize("slug", ["none", "small/x", "<b>", "x" * 300, "a\0b"])
async def test_an_experiment_that_is_not_there_has_a_code_of_its_own(
    experiment, token, connect, slug
):
    socket = await connect(urlencode({"experiment": slug, "token": token}))
    assert await closed_with(socket) == 4404


async def test_two_pages_follow_two_experiments(experiment, token, connect):
    await database_sync_to_async(experiment_make)("other")
    publish_flush()
    first = await connect(urlencode({"experiment": "small", "token": token}))
    second = await connect(urlencode({"experiment": "other", "token": token}))
    await tell("experiment.other", type="job", job=2)
    assert (await received(second))["job"] == 2
    assert await first.receive_nothing()


@pytest.mark.parametrize(
    "text", ["", "hello", "[]", '{"ack": "x"}', '{"ack": null}', "{", "7", "[" * 4000]
)
async def test_whatever_a_client_says_it_goes_on_following(experiment, token, connect, text):
    socket = await connect(urlencode({"token": token}))
    await socket.send_to(text or " ")
    await socket.send_to(bytes_data=b"\x00")
    await tell("system", type="trainer", state="online")
    assert (await received(socket))["state"] == "online"


async def acknowledge(socket, count):
    """Say what was received, and wait until the consumer knows."""
    await socket.send_to(json.dumps({"ack": count}))
    # It takes one text at a time: this one is taken once the one before has had its effect.
    await socket.send_to("next")
    async with asyncio.timeout(60):
        while not socket.input_queue.empty():  # noqa: ASYNC110
            await asyncio.sleep(0.01)


async def test_a_client_far_behind_is_told_of_the_gap_once_it_catches_up(
    experiment, token, connect
):
    socket = await connect(urlencode({"token": token}))
    await acknowledge(socket, 0)
    for number in range(MOST_UNACKNOWLEDGED + 50):
        await tell("system", type="job", job=number)
    before = [(await received(socket))["job"] for _ in range(MOST_UNACKNOWLEDGED)]
    assert before == list(range(MOST_UNACKNOWLEDGED))
    assert await socket.receive_nothing()

    await acknowledge(socket, MOST_UNACKNOWLEDGED)
    assert await received(socket) == {"type": "gap"}
    await tell("system", type="job", job=-1)
    assert await received(socket) == {"type": "job", "job": -1}


@pytest.mark.parametrize("count", [10**9, MOST_UNACKNOWLEDGED + 1, -1, True])
async def test_what_was_never_sent_is_not_acknowledged(experiment, token, connect, count):
    socket = await connect(urlencode({"token": token}))
    await acknowledge(socket, 0)
    await acknowledge(socket, count)
    for number in range(MOST_UNACKNOWLEDGED + 1):
        await tell("system", type="job", job=number)
    for number in range(MOST_UNACKNOWLEDGED):
        assert (await received(socket))["job"] == number
    assert await socket.receive_nothing()


async def test_a_client_that_never_acknowledges_gets_everything(experiment, token, connect):
    socket = await connect(urlencode({"token": token}))
    count = 2 * MOST_UNACKNOWLEDGED
    for number in range(count):
        await tell("system", type="job", job=number)
    assert [(await received(socket))["job"] for _ in range(count)] == list(range(count))


@pytest.mark.parametrize("path", ["/ws/", "/ws/nope/", "/", "/ws/live/more/"])
async def test_other_paths_refuse_the_handshake(path):
    from accsite.asgi import application

    accepted, _ = await WebsocketCommunicator(application, path).connect(timeout=60)
    assert not accepted
