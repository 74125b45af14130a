"""A trainer side that is online, however slow the machine of the tests."""

import datetime

from django.utils import timezone

from trainer.models import TrainerNode
from trainer.services.nodes import node_heartbeat


def trainer_stays(*, devices: tuple[str, ...] = ("cpu",), **versions: str) -> None:
    """Say that this process is a trainer side, and heard within the next hour: no need to beat.

    Args:
        versions: of the packages that it says it has.
    """
    node_heartbeat(devices=list(devices), versions=versions)
    TrainerNode.objects.update(seen_at=timezone.now() + datetime.timedelta(hours=1))
