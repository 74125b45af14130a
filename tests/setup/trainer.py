"""A trainer side that is online, however slow the machine of the tests."""

import datetime

from django.utils import timezone

from trainer.models import TrainerNode
from trainer.services.nodes import node_heartbeat


def trainer_stays(*, devices: tuple[str, ...] = ("cpu",)) -> None:
    """Say that this process is a trainer side, and heard within the next hour: no need to beat."""
    node_heartbeat(devices=list(devices), versions={})
    TrainerNode.objects.update(seen_at=timezone.now() + datetime.timedelta(hours=1))
