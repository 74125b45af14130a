"""The life of a job from its claim to its end: every change of its state is written here."""

import datetime
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.db.models.functions import Coalesce
from django.utils import timezone

from trainer.models import Job, JobCommand
from trainer.services.announce import job_announce, job_event_add
from trainer.services.measure import state_measure
from trainer.services.notices import notice_add
from trainer.services.queue import job_wake
from trainer.services.summaries import summaries_catch_up

# A job that takes its worker down this often without a new checkpoint is not tried again.
MOST_FRUITLESS_RESTARTS = 10


class JobRefused(Exception):
    """The operator's wish cannot be met; the text says why, for the person who reads it."""


class JobConflict(JobRefused):
    """The state of a job stands in the way; another moment may be better."""


class FenceLostError(Exception):
    """Another worker has the job, or it was ended: this one must leave it alone."""


@transaction.atomic
def job_claim(job_id: int, *, worker: str) -> Job | None:
    """Move a queued job to running; None if it is no longer queued.

    One conditional UPDATE, so a message delivered twice trains once.
    """
    now = timezone.now()
    claimed = Job.objects.filter(pk=job_id, state=Job.State.QUEUED).update(
        state=Job.State.RUNNING,
        worker=worker,
        fence=F("fence") + 1,
        lease_until=_lease_end(),
        stepped_at=None,
        started_at=Coalesce("started_at", now),
    )
    if not claimed:
        return None
    return Job.objects.select_related("experiment", "checkpoint", "start_checkpoint").get(pk=job_id)


def job_lease_renew(job: Job, *, stepped_at: datetime.datetime | None = None) -> None:
    """Say that the worker is alive, and when its loop last came forward.

    Raises:
        FenceLostError: the job is no longer this worker's.
    """
    if not job_held(job).update(lease_until=_lease_end(), stepped_at=stepped_at):
        raise FenceLostError(f"job {job.pk} was taken from {job.worker}")


def job_held(job: Job) -> QuerySet[Job]:
    """Return the job's row if this claim of it still counts, else no row.

    Every write of a worker goes through this condition.
    """
    return Job.objects.filter(pk=job.pk, fence=job.fence, state__in=Job.HELD)


def job_hold(job: Job) -> None:
    """Keep the job's row for the rest of the transaction, so that no other claim comes between.

    Raises:
        FenceLostError: the job is no longer this worker's.
    """
    if not list(job_held(job).select_for_update().values_list("pk", flat=True)):
        raise FenceLostError(f"job {job.pk} was taken from {job.worker}")


@transaction.atomic
def job_trouble(job: Job, *, step: int, kind: str, detail: dict[str, Any]) -> None:
    """Record trouble that the job survived."""
    job_hold(job)
    job_event_add(job=job, step=step, kind=kind, detail=detail)


def job_eval_every_set(job: Job, every: int) -> None:
    """Keep how often a held job is evaluated, for whoever takes it up after a crash.

    Raises:
        FenceLostError: the job is no longer this worker's.
    """
    if not job_held(job).update(eval_every=every):
        raise FenceLostError(f"job {job.pk} was taken from {job.worker}")


def job_rates_set(job: Job, *, lr: float, probe_lr: float) -> None:
    """Keep the learning rates that a held job trains with from now on, for whoever asks.

    Raises:
        FenceLostError: the job is no longer this worker's.
    """
    if not job_held(job).update(lr_set=lr, probe_lr_set=probe_lr):
        raise FenceLostError(f"job {job.pk} was taken from {job.worker}")


@transaction.atomic
def job_running_announce(job: Job, *, step: int, device: str, threads: int, resumed: bool) -> None:
    """Record on which device the job runs, with how many CPU threads, and from which step.

    The threads belong to what a curve can be repeated with: they decide the order of sums.
    """
    if not job_held(job).update(device=device, current_step=step):
        raise FenceLostError(f"job {job.pk} was taken from {job.worker}")
    kind = "resumed_from_checkpoint" if resumed else "started"
    job_event_add(job=job, step=step, kind=kind, detail={"device": device, "threads": threads})
    if resumed:
        job_announce(job, resumed_from=step)
    else:
        job_announce(job)


@transaction.atomic
def job_pause_set(job: Job, *, paused: bool) -> None:
    """Show a held job as paused or running."""
    state = Job.State.PAUSED if paused else Job.State.RUNNING
    if not job_held(job).update(state=state):
        raise FenceLostError(f"job {job.pk} was taken from {job.worker}")
    job_announce(job)


@transaction.atomic
def job_end(
    job: Job,
    *,
    state: Job.State,
    step: int,
    error: str = "",
    traceback: str = "",
    detail: dict[str, Any] | None = None,
) -> None:
    """Bring a held job to a final state; its losses and last checkpoint are stored already.

    Args:
        detail: what its last event tells, such as the pace of the loop.

    Raises:
        FenceLostError: the job is no longer this worker's.
    """
    ended = job_held(job).update(
        state=state,
        current_step=step,
        completed_at=timezone.now(),
        lease_until=None,
        error=error,
        traceback=traceback,
    )
    if not ended:
        raise FenceLostError(f"job {job.pk} was taken from {job.worker}")
    summaries_catch_up(job)  # where the recorder broke, it could not
    _refuse_pending_commands(job, step=step)
    told = {"error": error} if error else detail
    job_event_add(job=job, step=step, kind=state, detail=told)
    notice_add(job)
    job_announce(job)
    if job.checkpoint and state in (Job.State.COMPLETED, Job.State.STOPPED):
        state_measure(job.checkpoint)


@transaction.atomic
def job_end_unheld(
    job: Job, *, state: Job.State, by: str = "", why: str = "", error: str = ""
) -> bool:
    """End a job that no worker holds; return whether it was still so."""
    ended = Job.objects.filter(
        pk=job.pk, state__in=(Job.State.QUEUED, Job.State.INTERRUPTED)
    ).update(state=state, completed_at=timezone.now(), error=error)
    if ended:
        summaries_catch_up(job)
        _refuse_pending_commands(job, step=job.current_step)
        job_event_add(
            job=job,
            step=job.current_step,
            kind=state,
            detail={"error": error} if error else {},
            by=by,
            why=why,
        )
        notice_add(job)
        job_announce(job)
    return bool(ended)


@transaction.atomic
def job_interrupt(job: Job, *, reason: str, step: int | None = None) -> bool:
    """Take a held job from its worker, which is leaving at a step; return whether it was held.

    Raising the fence shuts out a worker that was only asleep.
    """
    return _interrupt(job_held(job), job, reason=reason, step=step, fruitless=False)


@transaction.atomic
def job_take_from_silent(job: Job, *, known_dead: bool) -> bool:
    """Take a held job from a worker that is dead, or whose lease is over; return whether it was.

    The lease is looked at once more in the UPDATE: it may have been renewed a moment ago.
    """
    held = job_held(job)
    if not known_dead:
        held = held.filter(Q(lease_until=None) | Q(lease_until__lt=timezone.now()))
    return _interrupt(held, job, reason="its worker went silent", step=None, fruitless=True)


def _interrupt(
    held: QuerySet[Job], job: Job, *, reason: str, step: int | None, fruitless: bool
) -> bool:
    taken = held.update(
        state=Job.State.INTERRUPTED,
        fence=F("fence") + 1,
        lease_until=None,
        fruitless_restarts=F("fruitless_restarts") + (1 if fruitless else 0),
    )
    if taken:
        if step is None:
            step = Job.objects.values_list("current_step", flat=True).get(pk=job.pk)
        job_event_add(job=job, step=step, kind="interrupted", detail={"reason": reason})
        job_announce(job)
    return bool(taken)


@transaction.atomic
def job_requeue(job: Job) -> bool:
    """Queue an interrupted job again; return whether this call did it."""
    if job.fruitless_restarts >= MOST_FRUITLESS_RESTARTS:
        return job_end_unheld(
            job,
            state=Job.State.FAILED,
            error=f"the worker died {job.fruitless_restarts} times near step {job.current_step}; "
            "start a new job to try again",
        )
    requeued = Job.objects.filter(pk=job.pk, state=Job.State.INTERRUPTED).update(
        state=Job.State.QUEUED, enqueued_at=timezone.now(), worker=""
    )
    if requeued:
        job_announce(job)
        transaction.on_commit(lambda: job_wake(job.pk))
    return bool(requeued)


def _refuse_pending_commands(job: Job, *, step: int) -> None:
    """Answer what nobody will take any more: whoever asked must not wait for ever."""
    JobCommand.objects.filter(job=job, state=JobCommand.State.PENDING).update(
        state=JobCommand.State.REFUSED,
        applied_step=step,
        resolved_at=timezone.now(),
        reason="the job ended first",
    )


def _lease_end() -> datetime.datetime:
    return timezone.now() + datetime.timedelta(seconds=settings.ACC_LEASE_SECONDS)
