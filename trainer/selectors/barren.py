"""What keeps the steps of jobs from changing their models, as their events tell it."""

from collections.abc import Iterable

from trainer.live.event_words import BARREN_KINDS
from trainer.models import Job, JobEvent


def barren_open(events: Iterable[JobEvent]) -> dict[str, JobEvent]:
    """Return of a job's events, in order, the beginnings of stretches that last, by task."""
    begun: dict[str, JobEvent] = {}
    for event in events:
        if event.kind == "barren":
            begun[event.detail["task"]] = event
        elif event.kind == "barren_over":
            begun.pop(event.detail["task"], None)
    return begun


def barren_now(jobs: Iterable[Job]) -> dict[Job, dict[str, JobEvent]]:
    """Return what `barren_open` says of those of the jobs that do steps now."""
    stepping = {job.pk: job for job in jobs if job.state == Job.State.RUNNING}
    if not stepping:
        return {}
    by_job: dict[int, list[JobEvent]] = {}
    events = JobEvent.objects.filter(job__in=stepping, kind__in=BARREN_KINDS)
    for event in events.order_by("pk"):
        by_job.setdefault(event.job_id, []).append(event)
    return {stepping[pk]: barren_open(found) for pk, found in by_job.items()}
