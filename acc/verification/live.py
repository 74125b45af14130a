"""Live messages of a running ACC, as they come."""

from __future__ import annotations

import asyncio
import json
import threading
from typing import Any, Self

from autobahn.asyncio.websocket import WebSocketClientFactory, WebSocketClientProtocol

OPEN_SECONDS = 60.0


class Live:
    """Live messages as they come, collected by a thread; a context manager.

    Attributes:
        messages: what came so far.
        opened: set once no message can be missed any more.
        closed: the code with which the server hung up, and None until then.
    """

    def __init__(self, url: str) -> None:
        self.messages: list[dict[str, Any]] = []
        self._loop = asyncio.new_event_loop()
        self.opened = threading.Event()
        self.closed: int | None = None
        self._factory = _CollectorFactory(url)  # type: ignore[no-untyped-call]
        self._factory.loop = self._loop
        self._factory.live = self
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Self:
        """Connect.

        Raises:
            ConnectionError: the server does not take the connection.
        """
        self._thread.start()
        if not self.opened.wait(timeout=OPEN_SECONDS):
            raise ConnectionError(f"the WebSocket does not open within {OPEN_SECONDS:g} s")
        return self

    def __exit__(self, *_: object) -> None:
        """Hang up."""
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(timeout=10)

    def of_type(self, kind: str) -> list[dict[str, Any]]:
        """Return the messages of one type that came so far."""
        return [message for message in list(self.messages) if message["type"] == kind]

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        connection = self._loop.create_connection(
            self._factory, self._factory.host, self._factory.port
        )
        self._loop.run_until_complete(connection)
        self._loop.run_forever()


class _Collector(WebSocketClientProtocol):
    factory: _CollectorFactory

    def onOpen(self) -> None:  # noqa: N802
        self.factory.live.opened.set()

    def onClose(self, wasClean: bool, code: int | None, reason: str | None) -> None:  # noqa: N802
        self.factory.live.closed = code

    def onMessage(self, payload: bytes, isBinary: bool) -> None:  # noqa: N802
        self.factory.live.messages.append(json.loads(payload))


class _CollectorFactory(WebSocketClientFactory):
    protocol = _Collector
    live: Live
