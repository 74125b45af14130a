"""Files that every worker may need: on this machine, and in the storage where machines share it."""

import errno
import logging
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from django.conf import settings
from django.core.files.storage import default_storage
from django.db import connection, transaction

from trainer.models import Checkpoint, Dataset
from trainer.services.drafts import draft_is_left

logger = logging.getLogger("acc.artifacts")

CHECKPOINTS, DATASETS = "checkpoints", "datasets"
# Younger files may belong to a row that is about to be written.
ORPHAN_SECONDS = 3600
DATASET_LOCK = 0x41434322  # any number that nobody else uses in this database


def artifacts_are_shared() -> bool:
    """Return whether files are in a storage of all machines; else ACC_HOME is their only place."""
    return bool(settings.ACC_STORAGE == "database")


def artifact_path(room: str, name: str) -> Path:
    """Return where a file lies on this machine, or would lie."""
    return artifact_directory(room) / name


def artifact_directory(room: str) -> Path:
    """Return where the files of a room lie on this machine; made at the first use."""
    places = {CHECKPOINTS: settings.CHECKPOINT_DIR, DATASETS: settings.DATASET_DIR}
    directory: Path = places[room]
    directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    return directory


def artifact_openers() -> list[Callable[[str, str], BinaryIO]]:
    """Return the ways to open a file for reading, in the order in which to try them."""
    openers: list[Callable[[str, str], BinaryIO]] = [artifact_open_here]
    if artifacts_are_shared():
        openers.append(artifact_open_stored)
    return openers


def artifact_open_here(room: str, name: str) -> BinaryIO:
    """Open a file of this machine.

    Raises:
        OSError: it is not there, or no regular file, of which some never end and others block.
    """
    path = artifact_path(room, name)
    if path.exists() and not path.is_file():
        raise OSError(errno.EINVAL, "not a regular file", str(path))
    return path.open("rb")


def artifact_open_stored(room: str, name: str) -> BinaryIO:
    """Open a file of the storage that machines share.

    Raises:
        FileNotFoundError: it is not there.
    """
    opened: Any = default_storage.open(f"{room}/{name}")
    return opened  # type: ignore[no-any-return]  # a file of bytes, whatever the storage


def artifacts_remove(room: str, names: Iterable[str]) -> None:
    """Remove files here and from the storage; copies on other machines go with their sweep."""
    for name in names:
        artifact_path(room, name).unlink(missing_ok=True)
        if artifacts_are_shared():
            default_storage.delete(f"{room}/{name}")


def artifact_is_kept(room: str, name: str) -> bool:
    """Return whether a file is where it is to stay: in the storage, else on this machine."""
    if artifacts_are_shared():
        return bool(default_storage.exists(f"{room}/{name}"))
    return artifact_path(room, name).is_file()


@contextmanager
def datasets_hold() -> Iterator[None]:
    """Keep the files of datasets as they are for others: one at a time removes or restores some.

    Whether a row names a file and what is done to the file belong together: data may be imported
    anew while the last row of the same data is deleted.
    """
    with transaction.atomic():  # in SQLite, nobody else writes until its end
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_xact_lock(%s)", [DATASET_LOCK])
        yield


def artifacts_sweep() -> None:
    """Remove files that no row names: left by a crash, or of rows that were deleted elsewhere."""
    _sweep(CHECKPOINTS)
    with datasets_hold():
        _sweep(DATASETS)


def _sweep(room: str) -> None:
    old = time.time() - ORPHAN_SECONDS
    # The files first: one whose row comes meanwhile is not among them, or is young.
    here = [path for path in artifact_directory(room).iterdir() if path.is_file()]
    stored = default_storage.listdir(room)[1] if artifacts_are_shared() else []
    named = _named(room)
    swept = [
        path
        for path in here
        if path.name not in named and (_age_of(path) < old or draft_is_left(path.name))
    ]
    for path in swept:
        path.unlink(missing_ok=True)
    for name in stored:
        place = f"{room}/{name}"
        if name not in named and default_storage.get_modified_time(place).timestamp() < old:
            default_storage.delete(place)
            swept.append(Path(place))
    if swept:
        logger.info("%s: removed %s files that nothing names", room, len(swept))


def _age_of(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except FileNotFoundError:
        return time.time()


def _named(room: str) -> set[str]:
    if room == DATASETS:
        hashes = Dataset.objects.values_list("content_hash", flat=True)
        return {dataset_file_name(content_hash) for content_hash in hashes}
    names = Checkpoint.objects.values_list("file_name", flat=True)
    return {name for file_name in names for name in checkpoint_file_names(file_name)}


def checkpoint_file_names(file_name: str) -> tuple[str, str]:
    """Return the names of a checkpoint's two files: tensors, and plain data."""
    return file_name, Path(file_name).with_suffix(".json").name


def dataset_file_name(content_hash: str) -> str:
    """Return the name of a dataset's file."""
    return f"{content_hash}.safetensors"
