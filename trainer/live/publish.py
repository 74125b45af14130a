"""The one way out to open pages: never blocks the caller, never fails it."""

import asyncio
import json
import logging
import os
import threading
import time
from collections import deque

from channels.layers import get_channel_layer
from redis.exceptions import RedisError

from trainer.live.events import Message

logger = logging.getLogger("acc.live")

# Above this the oldest are dropped: pages see the gap and read the database instead.
BACKLOG = 1000


class _Publisher:
    """A thread with one living event loop.

    A loop a call (`async_to_sync`) costs several milliseconds and a new connection each time.
    """

    def __init__(self) -> None:
        self.pid = os.getpid()
        self._backlog: deque[tuple[str, Message]] = deque(maxlen=BACKLOG)
        self._loop = asyncio.new_event_loop()
        self._bell = asyncio.Event()
        threading.Thread(target=self._run, name="live-publisher", daemon=True).start()

    @property
    def is_idle(self) -> bool:
        """Whether every message is on its way."""
        return not self._backlog

    def send(self, group: str, message: Message) -> None:
        self._backlog.append((group, message))
        self._loop.call_soon_threadsafe(self._bell.set)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(self._forward())

    async def _forward(self) -> None:
        unreachable = False
        while True:
            await self._bell.wait()
            self._bell.clear()
            while self._backlog:
                group, message = self._backlog[0]
                try:
                    # Asked for each time, as consumers do: settings may name another one by now.
                    await get_channel_layer().group_send(group, _frame(group, message))
                    unreachable = False
                except (OSError, RedisError) as error:
                    # Redis is away. The rows are committed, so a lost message costs a refetch.
                    if not unreachable:
                        logger.warning("live messages are not delivered: %s", error)
                    unreachable = True
                except Exception:
                    # One bad message must not silence all that follow.
                    logger.exception("a live message could not be sent")
                if self._backlog and self._backlog[0][1] is message:
                    self._backlog.popleft()


def _frame(group: str, message: Message) -> dict[str, str]:
    """Return the layer's message: JSON made once here, however many pages receive it."""
    text = json.dumps(message, allow_nan=False, ensure_ascii=False, separators=(",", ":"))
    return {"type": "live.message", "group": group, "text": text}


_publisher: _Publisher | None = None
_lock = threading.Lock()


def publish(group: str, message: Message) -> None:
    """Send a message to everybody who follows a group, in the order of the calls."""
    global _publisher  # noqa: PLW0603  one a process, made at the first use
    # A forked child inherits the object but not its thread.
    if _publisher is None or _publisher.pid != os.getpid():
        with _lock:
            if _publisher is None or _publisher.pid != os.getpid():
                _publisher = _Publisher()
    _publisher.send(group, message)


def publish_flush(*, seconds: float = 10.0) -> None:
    """Wait a moment until all messages are out: a process that ends takes its thread with it."""
    deadline = time.monotonic() + seconds
    publisher = _publisher
    if publisher is None or publisher.pid != os.getpid():
        return
    while not publisher.is_idle and time.monotonic() < deadline:
        time.sleep(0.005)
