"""The web side alone on a new ACC_HOME: its first request makes the database."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any

from channels.db import database_sync_to_async

from trainer.processes.prepare import database_prepare_new

# A database that is away may take long to say so; nobody else waits for that meanwhile.
AGAIN_SECONDS = 5.0

Application = Callable[[Any, Any, Any], Awaitable[None]]


class FirstPrepares:
    """Passes requests on once there is a database, which the first of them sees to.

    Not at the import, where Daphne's caller may be an event loop already, nor where the database is
    away: it is looked for again then, and the request is answered as such.
    """

    def __init__(self, application: Application) -> None:
        self._application = application
        self._turn = asyncio.Lock()
        self._is_prepared = False
        self._next_try = 0.0

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer a request."""
        if not self._is_prepared and time.monotonic() >= self._next_try:
            async with self._turn:
                if not self._is_prepared and time.monotonic() >= self._next_try:
                    self._is_prepared = await database_sync_to_async(database_prepare_new)()
                    self._next_try = time.monotonic() + AGAIN_SECONDS
        await self._application(scope, receive, send)
