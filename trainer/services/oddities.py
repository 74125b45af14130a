"""Losses out of the ordinary as events of their job: few, each once, taken back by a rewind."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from trainer.live.event_words import FOUND
from trainer.models import Job, JobEvent
from trainer.services.announce import job_event_add
from trainer.services.jobs import job_hold


@dataclass(frozen=True)
class OddLoss:
    """What was found in one task's losses: one of the kinds of `FOUND`, at a step."""

    kind: str
    step: int
    task: str
    detail: dict[str, Any]


@transaction.atomic
def oddities_store(*, job: Job, found: list[OddLoss]) -> None:
    """Record and announce what was found; what a repeated call brings again is there already.

    Raises:
        FenceLostError: the job is no longer this worker's.
    """
    job_hold(job)
    events = oddities_of(job, FOUND).filter(step__in={odd.step for odd in found})
    known = {(event.kind, event.step, event.detail["task"]) for event in events}
    for odd in found:
        if (odd.kind, odd.step, odd.task) not in known:
            job_event_add(
                job=job, step=odd.step, kind=odd.kind, detail={"task": odd.task, **odd.detail}
            )


def oddities_rewind(*, job: Job, last_step: int) -> None:
    """Drop what was found after a step; the replay finds it again. The caller holds the job."""
    oddities_of(job, FOUND).filter(step__gt=last_step).delete()


def oddities_of(job: Job, kinds: Collection[str]) -> QuerySet[JobEvent]:
    """Return what was found of some kinds in a job's losses, in order."""
    return JobEvent.objects.filter(job=job, kind__in=kinds).order_by("pk")
