"""The WebSocket of open pages and scripts: it only forwards."""

import asyncio
import json
import logging
from typing import Any
from urllib.parse import parse_qs

from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncWebsocketConsumer
from django.db.utils import Error as DatabaseError
from redis.exceptions import RedisError

from trainer.live.events import SYSTEM_GROUP
from trainer.live.origin import is_same_origin
from trainer.live.relay import GAP, relay
from trainer.selectors.experiments import experiment_get
from trainer.services.sessions import session_user
from trainer.services.tokens import bearer_of

logger = logging.getLogger("acc.live")

UNAUTHENTICATED = 4401
NO_SUCH_EXPERIMENT = 4404
TRY_AGAIN_LATER = 1013

# Whoever signs out, or whose token is revoked, stops hearing within this time.
LOOK_AGAIN_SECONDS = 30.0

# A client that acknowledges may be this many messages behind. The server's memory holds what a
# sleeping laptop does not take, so the rest is dropped and the client told of the gap.
MOST_UNACKNOWLEDGED = 200


class LiveConsumer(AsyncWebsocketConsumer):  # type: ignore[misc]  # Channels carries no types
    """One open page or script that follows an experiment.

    Nothing is replayed here. After (re)connecting, a client asks over HTTP for the points after
    the last one it has, then follows the messages. A client may send {"ack": n}, n being the
    number of messages that it received on this socket.
    """

    # The relay reads the channel layer, once for all sockets.
    channel_layer_alias = ""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Serve one socket from its handshake to its end, however it ends."""
        self._outbox: asyncio.Queue[str | None] = asyncio.Queue()
        self._queued = 0
        self._acknowledged: int | None = None
        self._lacks = False
        self._tasks: list[asyncio.Task[None]] = []
        try:
            await super().__call__(scope, receive, send)
        finally:
            await relay().leave(self)
            for task in self._tasks:
                task.cancel()
            if self._tasks:
                await asyncio.wait(self._tasks)

    async def connect(self) -> None:
        """Let in who may follow an experiment that exists."""
        query = parse_qs(self.scope["query_string"].decode(errors="replace"))
        self._token = query.get("token", [""])[0]
        if not await self._may_enter():
            await self._refuse(UNAUTHENTICATED, "sign in, or send ?token= with an API token")
            return
        slug = query.get("experiment", [""])[0]
        # NUL names nothing, and PostgreSQL fails over it.
        known = "\0" not in slug
        experiment = await database_sync_to_async(experiment_get)(slug) if known else None
        if experiment is None and slug:
            await self._refuse(NO_SUCH_EXPERIMENT, "there is no such experiment")
            return
        # Before the first experiment there is still the trainer's coming and going to follow.
        groups = [SYSTEM_GROUP, *([experiment.group] if experiment else [])]
        try:
            # Join before accepting: no message can fall between the two.
            await relay().join(self, groups)
        except (OSError, RedisError) as error:
            logger.warning("a page cannot follow: %s", error)
            await self._refuse(TRY_AGAIN_LATER, "the message server is away; try again")
            return
        await self.accept()
        self._tasks = [
            asyncio.create_task(self._send_all()),
            asyncio.create_task(self._look_again()),
        ]

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """Take an acknowledgement; anything else is not for us."""
        count = _acknowledged_count(text_data)
        if count is None or count > self._queued:
            return
        self._acknowledged = count
        if self._lacks and not self._is_behind():
            self._lacks = False
            self._queue(GAP)

    def hear(self, text: str) -> None:
        """Forward a message as it is, unless the client is far behind."""
        if self._is_behind():
            self._lacks = True
        else:
            self._queue(text)

    def hang_up(self) -> None:
        """Close the socket; its client comes back."""
        self._outbox.put_nowait(None)

    def _queue(self, text: str) -> None:
        self._queued += 1
        self._outbox.put_nowait(text)

    async def _send_all(self) -> None:
        """Send what is queued; a task of its own, so that a slow client keeps nobody waiting."""
        while (text := await self._outbox.get()) is not None:
            await self.send(text)
        await self.close(code=TRY_AGAIN_LATER)

    def _is_behind(self) -> bool:
        if self._acknowledged is None:
            return False
        return self._queued - self._acknowledged >= MOST_UNACKNOWLEDGED

    async def _may_enter(self) -> bool:
        # Browsers send the cookie whatever page opens the socket, so the page's origin counts.
        may_use_session = bool(self._token) or is_same_origin(self.scope["headers"])
        return may_use_session and await self._is_known()

    async def _is_known(self) -> bool:
        """Return whether the token or the session is good, as the database has it now."""
        if self._token:
            return await database_sync_to_async(bearer_of)(self._token) is not None
        key = self.scope["session"].session_key
        return await database_sync_to_async(session_user)(key) is not None

    async def _look_again(self) -> None:
        """Close the socket once the session or the token is over."""
        while True:
            await asyncio.sleep(LOOK_AGAIN_SECONDS)
            try:
                is_known = await self._is_known()
            except DatabaseError as error:
                # A database that is away for a moment signs nobody out.
                logger.warning("whether a page may still follow is not known: %s", error)
                continue
            if not is_known:
                await self.close(code=UNAUTHENTICATED, reason="signed out, or the token is over")
                return

    async def _refuse(self, code: int, reason: str) -> None:
        # A refused handshake shows a browser nothing but "1006"; a close after it has its code.
        await self.accept()
        await self.close(code=code, reason=reason)


class NothingHere(AsyncWebsocketConsumer):  # type: ignore[misc]
    """Refuses the handshake, at every other path."""

    channel_layer_alias = ""

    async def connect(self) -> None:
        """Refuse: the client is answered with status 403."""
        await self.close()


def _acknowledged_count(text: str | None) -> int | None:
    try:
        message = json.loads(text or "")
    except (ValueError, RecursionError):  # the latter of brackets within brackets
        return None
    count = message.get("ack") if isinstance(message, dict) else None
    # bool is a kind of int.
    return count if type(count) is int and count >= 0 else None
