"""The web side alone on a new ACC_HOME: its first request makes the database."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from channels.db import database_sync_to_async

from trainer.processes.prepare import database_prepare_new

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

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer a request."""
        if not self._is_prepared:
            async with self._turn:
                if not self._is_prepared:
                    self._is_prepared = await database_sync_to_async(database_prepare_new)()
        await self._application(scope, receive, send)
