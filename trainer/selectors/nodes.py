"""Whether anything will train, and on what."""

import datetime
import time

from django.conf import settings
from django.db.models import QuerySet
from django.utils import timezone

from trainer.models import Job, TrainerNode

# Heartbeats come every second; this many seconds without one, and nobody is there.
SILENCE_SECONDS = 5.0
# On a machine that is short of processors a beat may come late, and the answer with it: what is
# asked is refused only after so long. One that leaves says goodbye, and is not waited for.
LOST_SECONDS = 20.0
# The trainer side imports PyTorch before it is there; on a busy machine, for a minute and more.
STARTING_SECONDS = 120.0

# When this process began, on the clock that goes on evenly and on the one that beats are told by.
_BEGAN = time.monotonic()
_BEGAN_AT = timezone.now()


def nodes_online() -> list[TrainerNode]:
    """Return the trainer sides that were heard within the last seconds."""
    return list(_heard_within(SILENCE_SECONDS))


def worker_is_free() -> bool:
    """Return whether a worker could take a queued job now: each trainer side has one for jobs.

    A paused job keeps its worker as one that trains does.
    """
    return Job.objects.filter(state__in=Job.HELD).count() < len(nodes_online())


def trainer_may_answer() -> bool:
    """Return whether a trainer side is alive, or may only be held up."""
    return _heard_within(LOST_SECONDS).exists()


def trainer_is_starting() -> bool:
    """Return whether the trainer side that was started together with this web side is to come."""
    if settings.ACC_PROCESS != "web" or time.monotonic() > _BEGAN + STARTING_SECONDS:
        return False
    return not TrainerNode.objects.filter(seen_at__gte=_BEGAN_AT).exists()


def nodes_possibly_alive() -> list[str]:
    """Return the names of the trainer sides that are alive, or may only be held up."""
    return list(_heard_within(LOST_SECONDS).values_list("name", flat=True))


def trainer_is_online() -> bool:
    """Return whether a trainer side is alive."""
    return bool(nodes_online())


def devices_available() -> list[str]:
    """Return the devices of the trainer sides that are alive, the best first."""
    return list(dict.fromkeys(device for node in nodes_online() for device in node.devices))


def device_is_offered(wanted: str) -> bool:
    """Return whether some trainer side that is alive has a device; "cuda" is the first one."""
    return not {wanted, f"{wanted}:0"}.isdisjoint(devices_available())


def node_leads(name: str) -> bool:
    """Return whether a trainer side does what one alone may do: the one that is alive longest."""
    alive = sorted(nodes_online(), key=lambda node: node.pk)
    return not alive or alive[0].name == name


def _heard_within(seconds: float) -> QuerySet[TrainerNode]:
    since = timezone.now() - datetime.timedelta(seconds=seconds)
    return TrainerNode.objects.filter(seen_at__gte=since)
