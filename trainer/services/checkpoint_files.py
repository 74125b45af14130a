"""The files of checkpoints: where they lie, whether they are whole, and their end."""

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from trainer.models import Checkpoint
from trainer.services.artifacts import (
    CHECKPOINTS,
    artifact_directory,
    artifact_openers,
    artifacts_remove,
    checkpoint_file_names,
)


def checkpoint_directory() -> Path:
    """Return where checkpoint files lie on this machine; made at the first use."""
    return artifact_directory(CHECKPOINTS)


def checkpoint_digest(tensors_sha256: bytes, meta: bytes) -> str:
    """Return the checksum of a checkpoint: of its tensors' digest and its plain data."""
    return hashlib.sha256(tensors_sha256 + meta).hexdigest()


def checkpoint_problem(checkpoint: Checkpoint) -> str:
    """Return why a checkpoint's files cannot be used; "" where they are the ones written.

    Where machines share a storage, it counts if this machine has no whole copy.
    """
    problem = ""
    for opener in artifact_openers():
        problem = _problem(checkpoint, opener)
        if not problem:
            break
    return problem


def files_remove(file_name: str) -> None:
    """Remove a checkpoint's files, unless a branch of its state still names them."""
    if not Checkpoint.objects.filter(file_name=file_name).exists():
        artifacts_remove(CHECKPOINTS, checkpoint_file_names(file_name))


def _problem(checkpoint: Checkpoint, opener: Callable[[str, str], BinaryIO]) -> str:
    tensors_name, meta_name = checkpoint_file_names(checkpoint.file_name)
    try:
        with opener(CHECKPOINTS, tensors_name) as file:
            tensors_sha256 = hashlib.sha256()
            while chunk := file.read(1 << 20):
                tensors_sha256.update(chunk)
        with opener(CHECKPOINTS, meta_name) as file:
            meta = file.read()
    except OSError as error:
        return f"the files of checkpoint {checkpoint.pk} cannot be read: {error.strerror}"
    if checkpoint_digest(tensors_sha256.digest(), meta) != checkpoint.sha256:
        return (
            f"the files of checkpoint {checkpoint.pk} are not the ones that were written; "
            "their checksum differs"
        )
    return ""
