"""What is held for clients that do not read what they asked for: little, and not for ever.

Twisted tells a producer when the kernel takes no more for a connection, and when all that waited
is gone. Daphne registers none, and keeps whatever it is given.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any

from daphne import http_protocol, ws_protocol

logger = logging.getLogger("acc.web")

# A follower takes what comes as it comes, so this bounds what is kept for it.
MOST_UNSENT_BYTES = 8 * 1024**2
# An answer is made as fast as it is read. Within this time 128 kB or so have to be.
STALLED_SECONDS = 60.0

HandleReply = Callable[[Any, Any, Any], Awaitable[None]]


class Flow:
    """Whether there is room for more on a connection, as its transport says."""

    def __init__(self) -> None:
        self._room = asyncio.Event()
        self._room.set()

    def pauseProducing(self) -> None:  # noqa: N802  # Twisted's names
        """Hear that the kernel takes no more."""
        self._room.clear()

    def resumeProducing(self) -> None:  # noqa: N802
        """Hear that all of it is sent."""
        self._room.set()

    def stopProducing(self) -> None:  # noqa: N802
        """Hear that the connection is gone, and nobody needs to wait for it."""
        self._room.set()

    async def room(self) -> None:
        """Wait until more may be sent."""
        await self._room.wait()


class PacedRequest(http_protocol.WebRequest):  # type: ignore[misc]  # Daphne carries no types
    """A request to Daphne whose answer is taken from the application as fast as it is read."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.flow = Flow()

    def handle_reply(self, message: Any) -> None:
        """Write a part of the answer."""
        if self.channel is not None and not self.finished and self.producer is None:
            self.registerProducer(self.flow, True)
        super().handle_reply(message)

    def finish(self) -> None:
        """Write the end of the answer."""
        if self.producer is not None:
            self.unregisterProducer()
        super().finish()

    def connectionLost(self, reason: Any) -> None:  # noqa: N802
        """Let go of whoever waits to write more."""
        self.flow.stopProducing()
        super().connectionLost(reason)

    async def room(self) -> None:
        """Wait until the client has read; end the connection where it does not."""
        try:
            async with asyncio.timeout(STALLED_SECONDS):
                await self.flow.room()
        except TimeoutError:
            logger.info("an answer was not read for %g s, and is given up", STALLED_SECONDS)
            if self.channel is not None:
                self.channel.forceAbortClient()


def paced(handle_reply: HandleReply) -> HandleReply:
    """Return Daphne's `Server.handle_reply`, which returns once there is room for more."""

    async def handle(server: Any, protocol: Any, message: Any) -> None:
        await handle_reply(server, protocol, message)
        if isinstance(protocol, PacedRequest):
            await protocol.room()

    return handle


class BoundedSocket(ws_protocol.WebSocketProtocol):  # type: ignore[misc]  # no types either
    """A WebSocket of Daphne's that is ended where too much waits for its client to read."""

    _is_full = False
    _unsent_bytes = 0

    def onOpen(self) -> None:  # noqa: N802  # Autobahn's name
        """Begin to listen to the transport, in place of the HTTP connection that this was."""
        self.unregisterProducer()
        self.registerProducer(self, True)
        super().onOpen()

    def pauseProducing(self) -> None:  # noqa: N802
        """Hear that the kernel takes no more."""
        self._is_full = True

    def resumeProducing(self) -> None:  # noqa: N802
        """Hear that all of it is sent."""
        self._is_full, self._unsent_bytes = False, 0

    def stopProducing(self) -> None:  # noqa: N802
        """Hear that the connection is gone, of which Autobahn hears by itself."""

    def sendData(self, data: bytes, *args: Any, **kwargs: Any) -> None:  # noqa: N802
        """Send a frame, unless what waits is too much already."""
        if self._is_full:
            self._unsent_bytes += len(data)
        if self._unsent_bytes > MOST_UNSENT_BYTES:
            self._is_full, self._unsent_bytes = False, 0
            logger.info("a follower did not read %d bytes, and is let go", MOST_UNSENT_BYTES)
            self.dropConnection(abort=True)
            return
        super().sendData(data, *args, **kwargs)
