"""The files of checkpoints: where they lie, whether they are whole, copies, and their end."""

import contextlib
import hashlib
import os
import shutil
from pathlib import Path

from django.conf import settings

from trainer.models import Checkpoint


def checkpoint_directory() -> Path:
    """Return where checkpoint files lie; made at the first use."""
    directory: Path = settings.CHECKPOINT_DIR
    directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    return directory


def checkpoint_digest(tensors_sha256: bytes, meta: bytes) -> str:
    """Return the checksum of a checkpoint: of its tensors' digest and its plain data."""
    return hashlib.sha256(tensors_sha256 + meta).hexdigest()


def checkpoint_problem(checkpoint: Checkpoint) -> str:
    """Return why a checkpoint's files cannot be used; "" where they are the ones written."""
    path = checkpoint_directory() / checkpoint.file_name
    try:
        with path.open("rb") as file:
            tensors_sha256 = hashlib.file_digest(file, "sha256").digest()
        meta = path.with_suffix(".json").read_bytes()
    except OSError as error:
        return f"the files of checkpoint {checkpoint.pk} cannot be read: {error.strerror}"
    if checkpoint_digest(tensors_sha256, meta) != checkpoint.sha256:
        return (
            f"the files of checkpoint {checkpoint.pk} are not the ones that were written; "
            "their checksum differs"
        )
    return ""


def files_copy(file_name: str, copy_name: str) -> None:
    """Give a checkpoint's files a second name; the bytes are shared where the disk can do that.

    Raises:
        OSError: the disk is full or cannot be written.
    """
    source, copy = (checkpoint_directory() / name for name in (file_name, copy_name))
    for suffix in (".json", ".safetensors"):
        one, other = source.with_suffix(suffix), copy.with_suffix(suffix)
        try:
            other.hardlink_to(one)
        except OSError:
            # Some file systems know no second names.
            shutil.copyfile(one, other)
        # As old as its bytes, it could be taken for one that a crash left behind.
        os.utime(other)


def files_remove(file_name: str) -> None:
    """Remove a checkpoint's files."""
    path = checkpoint_directory() / file_name
    for one in (path, path.with_suffix(".json")):
        with contextlib.suppress(FileNotFoundError):
            one.unlink()
