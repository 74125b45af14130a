"""Checkpoints in the system of record. Files are written and read by the worker."""

from pathlib import Path

from django.conf import settings
from django.db import transaction

from trainer.models import Checkpoint, Experiment, Job
from trainer.services.announce import announce
from trainer.services.jobs import job_held, job_hold


def checkpoint_directory() -> Path:
    """Return where checkpoint files lie; made at the first use."""
    directory: Path = settings.CHECKPOINT_DIR
    directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    return directory


@transaction.atomic
def checkpoint_record(*, job: Job, checkpoint: Checkpoint) -> Checkpoint:
    """Make a written checkpoint the job's and its experiment's current one.

    Only the newest periodic checkpoint of a job is kept: the others' files go once the new row is
    committed.

    Raises:
        FenceLostError: the job is no longer this worker's, and the file means nothing.
    """
    # Before the job, as whoever changes a task does: else each could wait for the other's row.
    Experiment.objects.select_for_update(no_key=True).get(pk=job.experiment_id)
    job_hold(job)
    known = Checkpoint.objects.filter(file_name=checkpoint.file_name).first()
    if known is not None:
        return known  # a repeated write: the first one's commit succeeded, its answer was lost
    checkpoint.save()
    job_held(job).update(checkpoint=checkpoint, fruitless_restarts=0)
    Experiment.objects.filter(pk=job.experiment_id).update(current_checkpoint=checkpoint)
    _drop_older_periodic(checkpoint)
    announce(
        job.experiment.group,
        {
            "type": "checkpoint",
            "experiment": job.experiment.slug,
            "checkpoint": {
                "id": checkpoint.pk,
                "tag": checkpoint.tag,
                "parent_id": checkpoint.parent_id,
                "step": checkpoint.step,
                "job_id": checkpoint.job_id,
            },
        },
    )
    return checkpoint


def _drop_older_periodic(newest: Checkpoint) -> None:
    older = Checkpoint.objects.filter(
        job=newest.job, kind=Checkpoint.Kind.PERIODIC, pk__lt=newest.pk
    )
    for checkpoint in older:
        # Whoever grew from it now grows from what it grew from.
        checkpoint.children.update(parent=checkpoint.parent)
        transaction.on_commit(lambda name=checkpoint.file_name: _remove_files(name))  # type: ignore[misc]
    older.delete()


def _remove_files(file_name: str) -> None:
    path = checkpoint_directory() / file_name
    path.unlink(missing_ok=True)
    path.with_suffix(".json").unlink(missing_ok=True)
