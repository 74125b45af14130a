"""Heartbeats of trainer sides."""

from django.utils import timezone

from trainer.live.events import SYSTEM_GROUP
from trainer.live.publish import publish
from trainer.models import TrainerNode
from trainer.selectors.nodes import trainer_is_online
from trainer.selectors.warnings import disk_of_home
from trainer.services.workers import worker_name


def node_heartbeat(*, devices: list[str], versions: dict[str, str], is_told: bool = True) -> None:
    """Say that this trainer side is alive.

    Args:
        is_told: also to open pages, which notice when they hear nothing for some seconds.
    """
    free_bytes, total_bytes = disk_of_home()
    TrainerNode.objects.update_or_create(
        name=node_name(),
        defaults={
            "seen_at": timezone.now(),
            "devices": devices,
            "versions": versions,
            "home_free_bytes": free_bytes,
            "home_total_bytes": total_bytes,
        },
    )
    if is_told:
        publish(SYSTEM_GROUP, {"type": "trainer", "state": "online"})


def node_goodbye() -> None:
    """Say that this trainer side is leaving."""
    TrainerNode.objects.filter(name=node_name()).delete()
    if not trainer_is_online():
        publish(SYSTEM_GROUP, {"type": "trainer", "state": "offline"})


def node_name() -> str:
    """Return what this trainer side is called: its host and the process that runs it."""
    return worker_name()
