"""Checkpoints in the system of record. Files are written and read by the worker."""

from django.db import transaction
from django.db.models import Max, QuerySet

from trainer.models import Checkpoint, Experiment, Job, JobCommand, JobEvent
from trainer.selectors.checkpoints import job_health
from trainer.services.checkpoint_drop import (
    checkpoint_announce,
    checkpoints_drop,
    checkpoints_prune,
)
from trainer.services.commands import command_applied, command_send, command_wait
from trainer.services.evals import eval_send
from trainer.services.jobs import JobConflict, job_held, job_hold

# A checkpoint waits for the step before it and for the disk.
PATIENCE_SECONDS = 60.0


class CheckpointRefused(Exception):
    """A state cannot be saved; the text says why."""


@transaction.atomic
def checkpoint_record(
    *, job: Job, checkpoint: Checkpoint, command: JobCommand | None = None
) -> Checkpoint:
    """Make a written checkpoint the job's and its experiment's current one.

    Only the newest periodic checkpoint of a job is kept: the others' files go once the new row is
    committed. A checkpoint that the job wrote to be evaluated is sent there. A command that asked
    for the checkpoint is answered in the same transaction, so that it never gets a second one.

    Raises:
        FenceLostError: the job is no longer this worker's, and the file means nothing.
    """
    # Before the job, as whoever changes a task does: else each could wait for the other's row.
    Experiment.objects.select_for_update(no_key=True).get(pk=job.experiment_id)
    job_hold(job)
    known = Checkpoint.objects.filter(file_name=checkpoint.file_name).order_by("pk").first()
    if known is not None:
        return known  # a repeated write: the first one's commit succeeded, its answer was lost
    checkpoint.parent = _grown_from(job)
    checkpoint.save()
    if command is not None:
        detail = {"checkpoint": checkpoint.pk, "tag": checkpoint.tag}
        command_applied(command=command, step=checkpoint.job_step, detail=detail)
    # What took effect before the state was copied has been recorded by now, and nothing since.
    checkpoint.last_event = job.events.aggregate(newest=Max("pk"))["newest"]
    checkpoint.health = job_health(job, at_step=checkpoint.job_step)
    checkpoint.save(update_fields=["last_event", "health"])
    job_held(job).update(checkpoint=checkpoint, fruitless_restarts=0)
    Experiment.objects.filter(pk=job.experiment_id).update(current_checkpoint=checkpoint)
    checkpoints_drop(_older_periodic(checkpoint))
    checkpoints_prune(job.experiment_id)
    checkpoint_announce(checkpoint)
    if checkpoint.kind == Checkpoint.Kind.EVAL and command is None:
        eval_send(experiment=checkpoint.experiment, checkpoint=checkpoint)
    return checkpoint


def checkpoint_take(
    *, job: Job, tag: str = "", kind: str = Checkpoint.Kind.MANUAL, by: str = ""
) -> Checkpoint:
    """Have a held job write a checkpoint between two steps, and wait for it.

    Args:
        kind: one that is only to be looked at goes by itself later.

    Raises:
        JobConflict: the job waits for a worker, it ended first, it does not come to its next step,
            or its disk cannot be written.
    """
    state = Job.objects.values_list("state", flat=True).get(pk=job.pk)
    if state not in Job.HELD:
        raise JobConflict(f"job {job.pk} is {state}; it has no state of its own to save")
    command = command_send(
        job=job,
        kind="save_checkpoint",
        payload={"tag": tag, "kind": kind},
        by=by,
        why="to be evaluated" if kind == Checkpoint.Kind.EVAL else "",
    )
    command_wait(command, seconds=PATIENCE_SECONDS)
    event = JobEvent.objects.filter(command=command).first()
    checkpoint = event and Checkpoint.objects.filter(pk=event.detail["checkpoint"]).first()
    if not checkpoint:
        raise JobConflict(
            f"job {job.pk} wrote no checkpoint within {PATIENCE_SECONDS:.0f} s; "
            "it is in a long step, and will write it after that"
        )
    return checkpoint


def _grown_from(job: Job) -> Checkpoint | None:
    """Return the state that a job's next checkpoint grows from: none that goes by itself.

    As the rows have it now: somebody may have named the newest one meanwhile, or deleted it.
    """
    row = Job.objects.select_related("checkpoint", "start_checkpoint").get(pk=job.pk)
    last = row.checkpoint or row.start_checkpoint
    while last is not None and last.kind in Checkpoint.PASSING:
        last = last.parent
    return last


def _older_periodic(newest: Checkpoint) -> QuerySet[Checkpoint]:
    return Checkpoint.objects.filter(
        job=newest.job, kind=Checkpoint.Kind.PERIODIC, pk__lt=newest.pk
    )
