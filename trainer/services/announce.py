"""Live messages about rows that are being written: rows first, then the message."""

from collections.abc import Callable
from typing import Any

from django.db import transaction
from django.db.models import F

from trainer.live.events import EventMessage, JobMessage, Message, event_as_dict
from trainer.live.publish import publish
from trainer.models import Experiment, Job, JobCommand, JobEvent
from trainer.selectors.jobs import job_as_dict


def announce(group: str, message: Message) -> None:
    """Send a message once the current transaction is committed."""
    transaction.on_commit(lambda: publish(group, message))


def announce_about_job(
    *, job_id: int, experiment: Experiment, build: Callable[[int], Message]
) -> None:
    """Send a message that counts in the job's `seq`, once the transaction is committed.

    Must run inside a transaction: the UPDATE holds the row, so that no two messages of a job
    get the same number.
    """
    jobs = Job.objects.filter(pk=job_id)
    jobs.update(seq=F("seq") + 1)
    announce(experiment.group, build(jobs.values_list("seq", flat=True).get()))


def job_announce(job: Job, **extra: Any) -> None:
    """Announce the job as it is now in the database; `job` is refreshed."""

    def build(seq: int) -> JobMessage:
        job.refresh_from_db(from_queryset=Job.objects.select_related("experiment"))
        return {"type": "job", "job": job.pk, **job_as_dict(job), "seq": seq, **extra}  # type: ignore[typeddict-item]

    announce_about_job(job_id=job.pk, experiment=job.experiment, build=build)


def job_event_add(
    *,
    job: Job,
    step: int,
    kind: str,
    detail: dict[str, Any] | None = None,
    by: str = "",
    why: str = "",
    command: JobCommand | None = None,
) -> JobEvent:
    """Record that something happened to a job at a step, and announce it."""
    event = JobEvent.objects.create(
        job=job, step=step, kind=kind, detail=detail or {}, by=by, why=why, command=command
    )

    def build(seq: int) -> EventMessage:
        return {"type": "event", "job": job.pk, "seq": seq, "event": event_as_dict(event)}

    announce_about_job(job_id=job.pk, experiment=job.experiment, build=build)
    return event
