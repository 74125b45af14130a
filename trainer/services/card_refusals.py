"""What a worker's refusal means for the card whose change had asked for it."""

from typing import Any

from django.db import transaction
from django.utils import timezone

from trainer.models import Experiment, JobCommand, TaskCard
from trainer.services.announce import announce
from trainer.services.commands import command_refused


@transaction.atomic
def card_command_refused(
    *, command: JobCommand, step: int, reason: str, in_force: dict[str, Any] | None
) -> None:
    """Record that a job refused a change of its tasks, and let the card say what is in force.

    A task that could not join, or come back, is attached no more: else the next job would break
    on it. Other refusals put the card back, unless something later is still to be answered about
    the task. A repetition's orders come from no card and leave them all alone.

    Args:
        in_force: weight and enabled of the task as the job trains it; None if it does not.

    Raises:
        FenceLostError: `command.job`, as its worker claimed it, is no longer that worker's.
    """
    experiment, name = command.job.experiment, command.payload["task"]
    # Before the job, as whoever changes a card does: else each could wait for the other's row.
    Experiment.objects.select_for_update(no_key=True).get(pk=experiment.pk)
    refused = command_refused(command=command, step=step, reason=reason)
    if not refused or command.due_step is not None:
        return
    cards = TaskCard.with_removed.filter(experiment=experiment, name=name)
    if command.kind == "add_task":
        cards.filter(removed_at=None).delete()
    elif command.kind == "restore_task" and in_force is None:
        cards.filter(removed_at=None).update(removed_at=timezone.now())
    elif in_force is not None and not _is_asked_again(command):
        newest = cards.order_by("pk").last()
        if newest is not None:
            cards.filter(pk=newest.pk).update(removed_at=None, **in_force)
    announce(experiment.group, {"type": "task", "experiment": experiment.slug, "task": name})


def _is_asked_again(command: JobCommand) -> bool:
    """Return whether an answer is still to come that says more about the task."""
    later = JobCommand.objects.filter(
        job=command.job_id, state=JobCommand.State.PENDING, pk__gt=command.pk
    )
    payloads = later.values_list("payload", flat=True)
    return any(payload.get("task") == command.payload["task"] for payload in payloads)
