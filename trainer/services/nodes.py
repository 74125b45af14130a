"""Heartbeats of trainer sides."""

import os
import socket

from django.utils import timezone

from trainer.live.events import SYSTEM_GROUP
from trainer.live.publish import publish
from trainer.models import TrainerNode
from trainer.selectors.nodes import trainer_is_online


def node_heartbeat(*, devices: list[str], versions: dict[str, str]) -> None:
    """Say that this trainer side is alive; the first beat is announced to open pages."""
    was_online = trainer_is_online()
    TrainerNode.objects.update_or_create(
        name=node_name(),
        defaults={"seen_at": timezone.now(), "devices": devices, "versions": versions},
    )
    if not was_online:
        publish(SYSTEM_GROUP, {"type": "trainer", "state": "online"})


def node_goodbye() -> None:
    """Say that this trainer side is leaving."""
    TrainerNode.objects.filter(name=node_name()).delete()
    if not trainer_is_online():
        publish(SYSTEM_GROUP, {"type": "trainer", "state": "offline"})


def node_name() -> str:
    """Return what this trainer side is called: its host and the process that runs it."""
    return f"{socket.gethostname()}:{os.getpid()}"
