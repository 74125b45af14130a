"""One ear for all pages of a process: who joins, who leaves, and what one page does to others."""

import asyncio
import json
from contextlib import suppress

import pytest
from channels.layers import InMemoryChannelLayer, get_channel_layer

from trainer.live.consumers import LiveConsumer
from trainer.live.publish import publish
from trainer.live.relay import OWN

pytestmark = pytest.mark.django_db(transaction=True)


class FailingLayer(InMemoryChannelLayer):  # type: ignore[misc]  # Channels carries no types
    """Fails once somebody is told to fail."""

    async def receive(self, channel):
        message = await super().receive(channel)
        if message["text"] == "fail":
            raise ValueError("this message cannot be read")
        return message


class DeafLayer(InMemoryChannelLayer):  # type: ignore[misc]
    """Hears nothing more once somebody is told to be deaf, until it is flushed."""

    is_deaf = False

    async def receive(self, channel):
        message = await super().receive(channel)
        self.is_deaf = self.is_deaf or message["text"] == "deaf"
        return await self.receive(channel) if self.is_deaf else message

    async def flush(self):
        self.is_deaf = False
        await super().flush()


class LossyLayer(InMemoryChannelLayer):  # type: ignore[misc]
    """Loses what it is told to lose, and what the relay says to itself right after it."""

    loses_next = False

    async def receive(self, channel):
        message = await super().receive(channel)
        if message["text"] == "lost":
            self.loses_next = True
            return await self.receive(channel)
        if self.loses_next and message["group"] == OWN:
            self.loses_next = False
            return await self.receive(channel)
        return message


async def told(socket):
    return json.loads(await socket.receive_from(timeout=60))


async def settled(fact):
    """Wait for a fact about the server, looking often."""
    async with asyncio.timeout(60):
        while not fact():  # noqa: ASYNC110
            await asyncio.sleep(0.01)


@pytest.mark.portable
async def test_however_many_pages_follow_the_message_server_serves_one(
    experiment, token, connect, valkey
):
    sockets = [await connect(f"token={token}") for _ in range(5)]
    # The group that is joined last: whoever hears of it has been heard of by the server.
    publish(experiment.group, {"type": "trainer", "state": "online"})
    assert [(await told(socket))["state"] for socket in sockets] == ["online"] * 5
    # A channel of the relay's own, the experiment's and the system's.
    assert len(valkey.pubsub_channels()) == 3
    publish("system", {"type": "trainer", "state": "online"})
    assert [(await told(socket))["state"] for socket in sockets] == ["online"] * 5
    for socket in sockets:
        await socket.disconnect(timeout=60)
    await settled(lambda: not valkey.pubsub_channels())


async def test_a_page_that_reads_nothing_keeps_no_other_waiting(experiment, token, connect):
    opened, stuck, never = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def send(message):
        if message["type"] == "websocket.send":
            stuck.set()
            await never.wait()

    async def receive():
        if opened.is_set():
            await never.wait()
        opened.set()
        return {"type": "websocket.connect"}

    scope = {"type": "websocket", "query_string": f"token={token}".encode(), "headers": []}
    sleeper = asyncio.create_task(LiveConsumer.as_asgi()(scope, receive, send))
    other = await connect(f"token={token}")
    while not stuck.is_set():
        publish("system", {"type": "trainer", "state": "online"})
        assert (await told(other))["state"] == "online"
    publish("system", {"type": "trainer", "state": "offline"})
    assert (await told(other))["state"] == "offline"
    sleeper.cancel()
    with suppress(asyncio.CancelledError):
        await sleeper


async def test_pages_are_sent_away_when_messages_cannot_be_read_and_come_back(
    experiment, token, connect, settings, caplog
):
    settings.CHANNEL_LAYERS = {"default": {"BACKEND": f"{__name__}.FailingLayer"}}
    socket = await connect(f"token={token}")
    layer = get_channel_layer()
    await layer.group_send("system", {"type": "live.message", "group": "system", "text": "fail"})
    closed = await socket.receive_output(timeout=60)
    assert (closed["type"], closed["code"]) == ("websocket.close", 1013)
    assert "live messages cannot be read" in caplog.text

    again = await connect(f"token={token}")
    await layer.group_send("system", {"type": "live.message", "group": "system", "text": "[1]"})
    assert await told(again) == [1]


async def test_pages_are_told_of_what_they_may_have_missed(
    experiment, token, connect, settings, monkeypatch
):
    monkeypatch.setattr("trainer.live.relay.PULSE_SECONDS", 0.02)
    settings.CHANNEL_LAYERS = {"default": {"BACKEND": f"{__name__}.LossyLayer"}}
    sockets = [await connect(f"token={token}") for _ in range(2)]
    layer = get_channel_layer()
    await layer.group_send("system", {"type": "live.message", "group": "system", "text": "lost"})
    assert [await told(socket) for socket in sockets] == [{"type": "gap"}] * 2
    await layer.group_send("system", {"type": "live.message", "group": "system", "text": "[1]"})
    assert await told(sockets[0]) == [1]


@pytest.mark.usefixtures("experiment")
async def test_a_process_that_hears_nothing_any_more_connects_anew(
    token, connect, settings, monkeypatch, caplog
):
    monkeypatch.setattr("trainer.live.relay.PULSE_SECONDS", 0.02)
    monkeypatch.setattr("trainer.live.relay.DEAF_SECONDS", 0.2)
    settings.CHANNEL_LAYERS = {"default": {"BACKEND": f"{__name__}.DeafLayer"}}
    socket = await connect(f"token={token}")
    layer = get_channel_layer()
    await layer.group_send("system", {"type": "live.message", "group": "system", "text": "deaf"})
    closed = await socket.receive_output(timeout=60)
    assert (closed["type"], closed["code"]) == ("websocket.close", 1013)
    assert "connecting anew" in caplog.text

    again = await connect(f"token={token}")
    await layer.group_send("system", {"type": "live.message", "group": "system", "text": "[1]"})
    assert await told(again) == [1]


@pytest.mark.portable
async def test_a_quiet_message_server_that_stays_keeps_the_pages(
    experiment, token, connect, valkey, monkeypatch
):
    monkeypatch.setattr("trainer.live.relay.PULSE_SECONDS", 0.02)
    monkeypatch.setattr("trainer.live.relay.DEAF_SECONDS", 0.5)
    socket = await connect(f"token={token}")
    assert await socket.receive_nothing(timeout=1.5)
    publish("system", {"type": "trainer", "state": "online"})
    assert (await told(socket))["state"] == "online"
