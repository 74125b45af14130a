"""The WebSocket of open pages and scripts: it only forwards."""

import json
import logging
from typing import Any
from urllib.parse import parse_qs

from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncWebsocketConsumer
from redis.exceptions import RedisError

from trainer.live.events import SYSTEM_GROUP
from trainer.live.origin import is_same_origin
from trainer.selectors.experiments import experiment_get
from trainer.services.access import api_token_user

logger = logging.getLogger("acc.live")

UNAUTHENTICATED = 4401
NO_SUCH_EXPERIMENT = 4404
TRY_AGAIN_LATER = 1013

# A client that acknowledges may be this many messages behind. The server's memory holds what a
# sleeping laptop does not take, so the rest is dropped and the client told of the gap.
MOST_UNACKNOWLEDGED = 200
GAP = '{"type":"gap"}'


class LiveConsumer(AsyncWebsocketConsumer):  # type: ignore[misc]  # Channels carries no types
    """One open page or script that follows an experiment.

    Nothing is replayed here. After (re)connecting, a client asks over HTTP for the points after
    the last one it has, then follows the messages. A client may send {"ack": n}, n being the
    number of messages that it received on this socket.
    """

    async def connect(self) -> None:
        """Let in who may follow an experiment that exists."""
        self._sent = 0
        self._acknowledged: int | None = None
        self._lacks = False
        query = parse_qs(self.scope["query_string"].decode(errors="replace"))
        if not await self._may_enter(query.get("token", [""])[0]):
            await self._refuse(UNAUTHENTICATED, "sign in, or send ?token= with the API token")
            return
        slug = query.get("experiment", [""])[0]
        experiment = await database_sync_to_async(experiment_get)(slug)
        if experiment is None and slug:
            await self._refuse(NO_SUCH_EXPERIMENT, "there is no such experiment")
            return
        # Before the first experiment there is still the trainer's coming and going to follow.
        groups = [SYSTEM_GROUP, *([experiment.group] if experiment else [])]
        try:
            # Join before accepting: no message can fall between the two.
            for group in groups:
                await self.channel_layer.group_add(group, self.channel_name)
                self.groups.append(group)
        except (OSError, RedisError) as error:
            logger.warning("a page cannot follow: %s", error)
            await self._refuse(TRY_AGAIN_LATER, "the message server is away; try again")
            return
        await self.accept()

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """Take an acknowledgement; anything else is not for us."""
        count = _acknowledged_count(text_data)
        if count is None:
            return
        self._acknowledged = count
        if self._lacks and not self._is_behind():
            self._lacks = False
            await self._forward(GAP)

    async def live_message(self, event: dict[str, Any]) -> None:
        """Forward a message as it is, unless the client is far behind."""
        if self._is_behind():
            self._lacks = True
            return
        await self._forward(event["text"])

    async def _forward(self, text: str) -> None:
        self._sent += 1
        await self.send(text)

    def _is_behind(self) -> bool:
        if self._acknowledged is None:
            return False
        return self._sent - self._acknowledged >= MOST_UNACKNOWLEDGED

    async def _may_enter(self, token: str) -> bool:
        if token:
            return await database_sync_to_async(api_token_user)(token) is not None
        # Browsers send the cookie whatever page opens the socket, so the page's origin counts.
        return self.scope["user"].is_authenticated and is_same_origin(self.scope["headers"])

    async def _refuse(self, code: int, reason: str) -> None:
        # A refused handshake shows a browser nothing but "1006"; a close after it has its code.
        await self.accept()
        await self.close(code=code, reason=reason)


def _acknowledged_count(text: str | None) -> int | None:
    try:
        message = json.loads(text or "")
    except ValueError:
        return None
    count = message.get("ack") if isinstance(message, dict) else None
    return count if isinstance(count, int) else None
