"""Checkpoint files: safetensors plus JSON, written whole or not at all, verified when read."""

import hashlib
import json
from pathlib import Path
from typing import Any

from django.db import Error as DatabaseTrouble
from safetensors import SafetensorError
from safetensors.torch import load, save

from acc.training.state import TrainingState
from trainer.models import Checkpoint, Job, JobCommand
from trainer.services.artifacts import (
    CHECKPOINTS,
    artifact_open_here,
    checkpoint_file_names,
)
from trainer.services.checkpoint_files import (
    checkpoint_digest,
    checkpoint_directory,
    files_remove,
)
from trainer.services.checkpoints import checkpoint_record
from trainer.worker.artifacts import artifact_fetch, artifact_publish
from trainer.worker.whole_file import written_whole

FORMAT = 1


class CheckpointDamagedError(Exception):
    """A checkpoint's files are missing, cut short or altered."""


def checkpoint_write(
    *,
    job: Job,
    state: TrainingState,
    kind: Checkpoint.Kind,
    command: JobCommand | None = None,
) -> Checkpoint:
    """Store a state and make it the job's current checkpoint.

    The fence stands in the file's name, so that a worker that lost its job cannot overwrite the
    file of the one that took it; a paused job may write several at one step, each for a command.

    Args:
        command: the one that asked for the checkpoint; it is answered with it.

    Raises:
        FenceLostError: the job is no longer this worker's; files without a row are removed again.
        OSError: the disk is full or cannot be written.
    """
    step = state.meta["step"]
    asked = f"-c{command.pk}" if command else ""
    name = f"{job.experiment.slug}-job{job.pk}-step{step}-{kind}{asked}-f{job.fence}.safetensors"
    tensors = save(state.tensors)
    meta = json.dumps({"format": FORMAT, **state.meta}).encode()
    path = checkpoint_directory() / name
    checkpoint = Checkpoint(
        experiment=job.experiment,
        job=job,
        kind=kind,
        tag=command.payload.get("tag", "") if command else "",
        step=(job.start_checkpoint.step if job.start_checkpoint else 0) + step,
        job_step=step,
        file_name=name,
        sha256=_digest(tensors, meta),
        size_bytes=len(tensors) + len(meta),
    )
    names = checkpoint_file_names(name)
    try:
        # The row comes last: files without a row mean nothing, a row without its files cannot be.
        _write(path.with_suffix(".json"), meta)
        _write(path, tensors)
        for file_name in names:
            artifact_publish(CHECKPOINTS, file_name)
        return checkpoint_record(job=job, checkpoint=checkpoint, command=command)
    except DatabaseTrouble:
        # The commit may have succeeded although its answer was lost; the files stay for the row.
        raise
    except BaseException:
        files_remove(name)  # not where an earlier attempt's row names them
        raise


def checkpoint_read(checkpoint: Checkpoint) -> TrainingState:
    """Return the stored state, fetched first where this machine has no whole copy of it.

    Raises:
        CheckpointDamagedError: the files are not the ones that were written.
    """
    try:
        return _read(checkpoint)
    except CheckpointDamagedError:
        names = checkpoint_file_names(checkpoint.file_name)
        if not all(artifact_fetch(CHECKPOINTS, name) for name in names):
            raise
    return _read(checkpoint)


def _read(checkpoint: Checkpoint) -> TrainingState:
    tensors_name, meta_name = checkpoint_file_names(checkpoint.file_name)
    try:
        with artifact_open_here(CHECKPOINTS, tensors_name) as file:
            tensors = file.read()
        with artifact_open_here(CHECKPOINTS, meta_name) as file:
            meta = file.read()
    except OSError as error:
        raise CheckpointDamagedError(
            f"the files of checkpoint {checkpoint.pk} cannot be read: {error.strerror}"
        ) from error
    if _digest(tensors, meta) != checkpoint.sha256:
        raise CheckpointDamagedError(
            f"the files of checkpoint {checkpoint.pk} are not the ones that were written; "
            "their checksum differs"
        )
    try:
        plain: dict[str, Any] = json.loads(meta)
        return TrainingState(tensors=load(tensors), meta=plain)
    except (SafetensorError, ValueError) as error:
        raise CheckpointDamagedError(
            f"the files of checkpoint {checkpoint.pk} are in no known format: {error}"
        ) from error


def _digest(tensors: bytes, meta: bytes) -> str:
    return checkpoint_digest(hashlib.sha256(tensors).digest(), meta)


def _write(path: Path, content: bytes) -> None:
    with written_whole(path) as temporary:
        temporary.write_bytes(content)
