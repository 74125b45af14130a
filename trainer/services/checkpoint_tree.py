"""Moves in the tree of checkpoints: back to a state, or into a new branch from it."""

import os
import shutil
import uuid
from pathlib import Path

from django.db import transaction

from trainer.models import Checkpoint, Experiment
from trainer.services.checkpoints import (
    CheckpointRefused,
    checkpoint_announce,
    checkpoint_directory,
)
from trainer.services.job_start import job_place


def checkpoint_load(*, experiment: Experiment, checkpoint: Checkpoint | None) -> None:
    """Make a state the one that the next job goes on from; None is the untrained model.

    Raises:
        CheckpointRefused: it is another experiment's.
        JobConflict: a job of the experiment is in progress.
    """
    if checkpoint is not None and checkpoint.experiment_id != experiment.pk:
        raise CheckpointRefused(
            f"checkpoint {checkpoint.pk} is not one of experiment '{experiment.slug}'"
        )
    with job_place(experiment):
        experiment.current_checkpoint = checkpoint
        experiment.save(update_fields=["current_checkpoint"])
        if checkpoint is not None:
            checkpoint_announce(checkpoint)


def checkpoint_fork(*, checkpoint: Checkpoint, tag: str) -> Checkpoint:
    """Begin a branch: a named checkpoint of its own with the same state, which is then current.

    Raises:
        CheckpointRefused: the state's files are gone.
        JobConflict: a job of the experiment is in progress.
    """
    experiment = checkpoint.experiment
    name = f"{experiment.slug}-fork{checkpoint.pk}-{uuid.uuid4().hex[:12]}.safetensors"
    source, target = checkpoint_directory() / checkpoint.file_name, checkpoint_directory() / name
    with job_place(experiment), transaction.atomic():
        try:
            _copy(source.with_suffix(".json"), target.with_suffix(".json"))
            _copy(source, target)
        except FileNotFoundError as missing:
            raise CheckpointRefused(
                f"the files of checkpoint {checkpoint.pk} are not on this machine"
            ) from missing
        branch = Checkpoint.objects.create(
            experiment=experiment,
            job=checkpoint.job,
            parent=checkpoint,
            tag=tag,
            kind=Checkpoint.Kind.MANUAL,
            step=checkpoint.step,
            job_step=checkpoint.job_step,
            file_name=name,
            sha256=checkpoint.sha256,
            size_bytes=checkpoint.size_bytes,
            last_event=checkpoint.last_event,
            metrics=checkpoint.metrics,
        )
        Experiment.objects.filter(pk=experiment.pk).update(current_checkpoint=branch)
        checkpoint_announce(branch)
    return branch


def _copy(source: Path, target: Path) -> None:
    """Give a file that never changes a second name, or copy it where there are no links."""
    try:
        os.link(source, target)
    except FileNotFoundError:
        raise
    except OSError:
        shutil.copyfile(source, target)
    # Young, until its row is committed: old files that no row names are swept away.
    os.utime(target)
