"""One ear a process: a live message is read once, however many pages here follow it."""

import asyncio
import logging
import time
from collections.abc import Iterable
from typing import Any, Protocol
from weakref import WeakKeyDictionary

from channels.layers import get_channel_layer
from redis.exceptions import RedisError

logger = logging.getLogger("acc.live")

# Told to a client that may have missed something; the database has it.
GAP = '{"type":"gap"}'
# The relay says something to itself this often. What it does not hear, pages may have missed too.
PULSE_SECONDS = 0.5
# The message server is there and nothing comes from it for so long: the connection is no good.
DEAF_SECONDS = 5.0
OWN = ""  # the group of what is said to itself


class DeafError(Exception):
    """What is sent does not come back."""


class Follower(Protocol):
    """Somebody who hears what is said in the groups that they joined."""

    def hear(self, text: str) -> None:
        """Take a message; must neither wait nor fail, for others hear it next."""

    def hang_up(self) -> None:
        """Go: nothing more will be heard here."""


class Relay:
    """Reads the groups that anybody of this event loop follows.

    With a channel of the layer's for each page, as Channels has it, each message would be
    unpacked, queued and waited for once a page: most of what a page costs the web side.
    """

    def __init__(self) -> None:
        """Read nothing yet: nobody has joined."""
        self._followers: dict[str, set[Follower]] = {}
        self._changing = asyncio.Lock()
        self._layer: Any = None
        self._channel = ""
        self._reader: asyncio.Task[None] | None = None
        self._heard, self._heard_at = 0, 0.0

    async def join(self, follower: Follower, groups: Iterable[str]) -> None:
        """Have somebody hear all messages to these groups from now on.

        Raises:
            OSError, RedisError: the message server is away. The follower must still leave.
        """
        async with self._changing:
            if self._reader is None or self._reader.done():
                self._layer = get_channel_layer()
                self._channel = await self._layer.new_channel()
                self._heard, self._heard_at = 0, time.monotonic()
                self._reader = asyncio.create_task(self._work())
            for group in groups:
                await self._layer.group_add(group, self._channel)
                self._followers.setdefault(group, set()).add(follower)

    async def leave(self, follower: Follower) -> None:
        """Have somebody hear nothing more; who joined nothing may leave, too."""
        async with self._changing:
            for group, followers in list(self._followers.items()):
                followers.discard(follower)
                if not followers:
                    del self._followers[group]
                    await self._discard(group)
            if self._reader is not None and not self._followers:
                self._reader.cancel()
                await asyncio.wait([self._reader])
                self._reader = None

    async def _discard(self, group: str) -> None:
        try:
            await self._layer.group_discard(group, self._channel)
        except (OSError, RedisError) as error:
            # What is still delivered finds no followers.
            logger.warning("still subscribed to %s: %s", group, error)

    async def _work(self) -> None:
        """Read until that fails or nobody follows any more."""
        try:
            async with asyncio.TaskGroup() as both:
                both.create_task(self._read())
                both.create_task(self._speak())
        except* DeafError:
            logger.warning("live messages do not come any more; connecting anew")
            await self._layer.flush()
        except* Exception:
            logger.exception("live messages cannot be read")
        finally:
            # They come back, and begin with what the database has.
            for follower in self._everybody():
                follower.hang_up()

    async def _read(self) -> None:
        while True:
            message = await self._layer.receive(self._channel)
            if message["group"] == OWN:
                self._hear(int(message["text"]))
            for follower in tuple(self._followers.get(message["group"], ())):
                follower.hear(message["text"])

    async def _speak(self) -> None:
        """Say numbers to oneself.

        Raises:
            DeafError: they do not come back, although they can be sent. The layer subscribes anew
                after its server was away, but has been seen to give that up for good.
        """
        number = 0
        while True:
            number += 1
            said = {"type": "live.message", "group": OWN, "text": str(number)}
            try:
                await self._layer.send(self._channel, said)
            except (OSError, RedisError):
                # Nobody can hear while the server is away; this number will be missed.
                self._heard_at = time.monotonic()
            began = time.monotonic()
            await asyncio.sleep(PULSE_SECONDS)
            # When this process did not run, it could not hear either.
            now = time.monotonic()
            self._heard_at += max(0.0, now - began - PULSE_SECONDS)
            if now - self._heard_at > DEAF_SECONDS:
                raise DeafError

    def _hear(self, number: int) -> None:
        """Take what was said to oneself; where something is missing before it, tell everybody."""
        if number != self._heard + 1:
            for follower in self._everybody():
                follower.hear(GAP)
        self._heard, self._heard_at = number, time.monotonic()

    def _everybody(self) -> set[Follower]:
        return {one for group in self._followers.values() for one in group}


_relays: WeakKeyDictionary[asyncio.AbstractEventLoop, Relay] = WeakKeyDictionary()


def relay() -> Relay:
    """Return the relay of the running event loop."""
    return _relays.setdefault(asyncio.get_running_loop(), Relay())
