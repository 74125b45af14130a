"""Commands to running jobs: written first, then the bell; answered by the worker."""

import time
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from redis.exceptions import RedisError

from trainer.models import Job, JobCommand
from trainer.models.job import MAX_LR, MAX_STEPS
from trainer.models.validators import validate_positive
from trainer.redis_client import redis_client
from trainer.selectors.nodes import worker_is_free
from trainer.services.announce import job_announce, job_event_add
from trainer.services.jobs import JobConflict, JobRefused, job_end_unheld, job_held, job_hold
from trainer.services.sentences import fields_check

# A loop takes a command between two steps; whoever waits longer is told of the job as it is.
PATIENCE_SECONDS = 3.0
LOOK_SECONDS = 0.02
# For the bell, which is no reason to keep anybody waiting.
RING_SECONDS = 1.0


@transaction.atomic
def job_stop(*, job: Job, by: str = "", why: str = "") -> Job:
    """Stop a job: at once where no worker has it, else between two steps.

    Raises:
        JobConflict: the job is already at its end.
    """
    locked = Job.objects.select_for_update(of=("self",)).select_related("experiment")
    job = locked.get(pk=job.pk)
    if not job_end_unheld(job, state=Job.State.STOPPED, by=by, why=why):
        command_send(job=job, kind="stop", by=by, why=why)
    return job


def job_set_lr(
    *,
    job: Job,
    lr: float | None = None,
    probe_lr: float | None = None,
    by: str = "",
    why: str = "",
) -> JobCommand:
    """Change the learning rates of a running job from its next step on.

    Raises:
        JobConflict: the job is at its end.
        JobRefused: no rate is given, or one is out of its range.
    """
    rates = {"lr": lr, "probe_lr": probe_lr}
    payload = {name: rate for name, rate in rates.items() if rate is not None}
    if not payload:
        raise JobRefused("no learning rate is given; send lr, probe_lr or both")
    for name, rate in payload.items():
        try:
            validate_positive(rate)
        except ValidationError as error:
            raise JobRefused(f"{name}: {' '.join(error.messages)}") from error
        if rate > MAX_LR:
            raise JobRefused(f"{name}: must be at most {MAX_LR:g}")
    return command_send(job=job, kind="set_lr", payload=payload, by=by, why=why)


def job_set_eval_every(*, job: Job, steps: int, by: str = "", why: str = "") -> JobCommand:
    """Change how often a running job is evaluated; 0 for only when it ends.

    Raises:
        JobConflict: the job is at its end.
        JobRefused: the number is out of its range.
    """
    if not 0 <= steps <= MAX_STEPS:
        raise JobRefused(f"steps: must be a whole number from 0 to {MAX_STEPS:,}")
    return command_send(job=job, kind="set_eval_every", payload={"steps": steps}, by=by, why=why)


def command_send(
    *,
    job: Job,
    kind: str,
    payload: dict[str, Any] | None = None,
    by: str = "",
    why: str = "",
) -> JobCommand:
    """Ask something of a job; its worker answers between two steps, and one to come at once.

    Raises:
        JobConflict: the job is at its end.
        ValidationError: `why` is too long.
    """
    command = JobCommand(job=job, kind=kind, payload=payload or {}, by=by, why=why)
    fields_check(command, exclude=["payload"])
    with transaction.atomic():
        state = Job.objects.select_for_update().values_list("state", flat=True).get(pk=job.pk)
        if state not in Job.ACTIVE:
            raise JobConflict(f"job {job.pk} is {state}; only a job in progress can take a {kind}")
        command.save()
        transaction.on_commit(lambda: _ring(job.pk))
    return command


def command_settle(command: JobCommand, *, seconds: float | None = None) -> None:
    """Wait a moment for the worker's answer; `command` is refreshed and may still be pending.

    Not at all where the job waits for a worker and none is free to take it: nobody could answer.
    The command is kept, and takes effect when the job begins.
    """
    if not _may_be_answered(command.job_id):
        seconds = 0.0

    def answered() -> bool:
        command.refresh_from_db()
        return command.state != JobCommand.State.PENDING

    _wait_until(answered, seconds)


def command_wait(command: JobCommand, *, seconds: float | None = None) -> None:
    """Wait a moment for the worker's answer, so that the caller sees what became of the command.

    Raises:
        JobConflict: the worker refused it; in its words.
    """
    command_settle(command, seconds=seconds)
    if command.state == JobCommand.State.REFUSED:
        raise JobConflict(command.reason)


def job_wait_end(job: Job, *, seconds: float | None = None) -> None:
    """Wait a moment for a job that was asked to stop; `job` is refreshed."""

    def ended() -> bool:
        job.refresh_from_db(from_queryset=Job.objects.select_related("experiment"))
        return not job.is_active

    _wait_until(ended, seconds)


def bell_channel(job_id: int) -> str:
    """Return the name of the Redis channel on which a job's bell rings."""
    return f"acc:bell:{job_id}"


def command_applied(*, command: JobCommand, step: int, detail: dict[str, Any]) -> None:
    """Record that a command took effect after `step`; once, however often it is called.

    Raises:
        FenceLostError: `command.job`, as its worker claimed it, is no longer that worker's.
    """
    with transaction.atomic():
        job_hold(command.job)
        applied = JobCommand.objects.filter(pk=command.pk, state=JobCommand.State.PENDING).update(
            state=JobCommand.State.APPLIED, applied_step=step, resolved_at=timezone.now()
        )
        if applied:
            job_event_add(
                job=command.job,
                step=step,
                kind=command.kind,
                detail=detail,
                by=command.by,
                why=command.why,
                command=command,
            )
        if applied and command.kind == "add_task":
            _name_add(command.job, command.payload["task"])


def command_refused(*, command: JobCommand, step: int, reason: str) -> bool:
    """Record that a command cannot apply, and why; raises as `command_applied`.

    Returns:
        Whether this call did it; False where it was answered before.
    """
    with transaction.atomic():
        job_hold(command.job)
        refused = JobCommand.objects.filter(pk=command.pk, state=JobCommand.State.PENDING).update(
            state=JobCommand.State.REFUSED,
            applied_step=step,
            resolved_at=timezone.now(),
            reason=reason,
        )
        if refused:
            job_event_add(
                job=command.job,
                step=step,
                kind="refused",
                detail={"command": command.kind, "reason": reason},
                by=command.by,
                why=command.why,
                command=command,
            )
    return bool(refused)


def _name_add(job: Job, name: str) -> None:
    """List a task that joined among the job's."""
    held = job_held(job).select_for_update()
    names: list[str] = held.values_list("task_names", flat=True).get()
    if name not in names:
        held.update(task_names=[*names, name])
        job_announce(job)


def _may_be_answered(job_id: int) -> bool:
    state = Job.objects.values_list("state", flat=True).get(pk=job_id)
    return state in Job.HELD or worker_is_free()


def _wait_until(fact: Callable[[], bool], seconds: float | None) -> None:
    deadline = time.monotonic() + (PATIENCE_SECONDS if seconds is None else seconds)
    while not fact() and time.monotonic() < deadline:
        time.sleep(LOOK_SECONDS)


def _ring(job_id: int) -> None:
    """Ring the job's bell; unheard, the worker finds the row at its next look."""
    bell = redis_client(settings.REDIS_URL, seconds=RING_SECONDS)
    try:
        bell.publish(bell_channel(job_id), b"1")
    except (RedisError, OSError):
        # Not an error of the command: its row is committed, and the worker looks once a second.
        return
    finally:
        bell.close()
