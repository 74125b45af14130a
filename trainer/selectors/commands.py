"""What was asked of jobs, and what became of it."""

from typing import Any

from django.db.models import Q, QuerySet

from trainer.models import Checkpoint, Job, JobCommand


def job_commands(job: Job, *, state: str | None = None) -> list[dict[str, Any]]:
    """Return what was asked of a job, in the order asked, in the API's shape."""
    commands = job.commands.order_by("pk")
    if state is not None:
        commands = commands.filter(state=state)
    return [command_as_dict(command) for command in commands]


def command_as_dict(command: JobCommand) -> dict[str, Any]:
    """Return a command in the API's shape."""
    return {
        "id": command.pk,
        "kind": command.kind,
        "payload": command.payload,
        "by": command.by,
        "why": command.why,
        "state": command.state,
        "asked_at": command.created_at.isoformat(),
        "due_step": command.due_step,
        "step": command.applied_step,
        "resolved_at": command.resolved_at.isoformat() if command.resolved_at else None,
        "reason": command.reason or None,
    }


def commands_applied(job: Job) -> QuerySet[JobCommand]:
    """Return what took effect on a job, in the order in which it did.

    That is the order of the events and not that of asking: some commands wait for data, and after
    a crash new ones may take effect at steps that had been done before.
    """
    applied = JobCommand.objects.filter(job=job, state=JobCommand.State.APPLIED)
    return applied.order_by("applied_step", "event", "pk")


def commands_held_by(job: Job, checkpoint: Checkpoint) -> QuerySet[JobCommand]:
    """Return what had taken effect on a job when a checkpoint's state was copied, in order.

    At the checkpoint's own step the order of the events decides: a paused job may be asked for a
    checkpoint, then for something else.
    """
    applied = commands_applied(job)
    if checkpoint.last_event is None:  # written before this was noted
        return applied.filter(applied_step__lte=checkpoint.job_step)
    before = Q(event__isnull=True) | Q(event__lte=checkpoint.last_event)
    at_its_step = Q(applied_step=checkpoint.job_step) & before
    return applied.filter(Q(applied_step__lt=checkpoint.job_step) | at_its_step)


def commands_scheduled(job: Job) -> list[JobCommand]:
    """Return what a repetition has still to do, each at its step."""
    scheduled = JobCommand.objects.filter(
        job=job, state=JobCommand.State.PENDING, due_step__isnull=False
    )
    return list(scheduled.order_by("due_step", "pk"))
