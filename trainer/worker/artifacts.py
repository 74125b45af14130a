"""A worker's files: handed to the storage that machines share, and fetched from it."""

import logging
import os
import time
from pathlib import Path

from django.conf import settings
from django.core.files.base import File
from django.core.files.storage import default_storage

from trainer.services.artifacts import artifact_open_stored, artifact_path, artifacts_are_shared
from trainer.worker.whole_file import written_whole

logger = logging.getLogger("acc.worker")

COPY_BYTES = 1024**2
# Younger copies were just fetched to be read.
IN_USE_SECONDS = 60


def artifact_publish(room: str, name: str) -> None:
    """Put a file of this machine where all machines find it, unless it is there.

    Raises:
        OSError, Error: the file cannot be read, or the storage is away.
    """
    if not artifacts_are_shared() or default_storage.exists(f"{room}/{name}"):
        return
    with artifact_path(room, name).open("rb") as file:
        default_storage.save(f"{room}/{name}", File(file))


def artifact_fetch(room: str, name: str) -> bool:
    """Bring a file from the storage that machines share, over one that is here; False if it is not
    there.

    Raises:
        OSError, Error: the disk is full, or the storage is away.
    """
    if not artifacts_are_shared():
        return False
    path = artifact_path(room, name)
    try:
        with (
            artifact_open_stored(room, name) as stored,
            written_whole(path) as unfinished,
            unfinished.open("wb") as file,
        ):
            while chunk := stored.read(COPY_BYTES):
                file.write(chunk)
    except FileNotFoundError:
        return False
    logger.info("%s: fetched %s", room, name)
    _trim(path.parent, room)
    return True


def _trim(directory: Path, room: str) -> None:
    """Remove the copies that were used longest ago, where there is more than ACC_CACHE_MB."""
    files = [(path, path.stat()) for path in directory.iterdir() if path.is_file()]
    too_much = sum(facts.st_size for _, facts in files) - settings.ACC_CACHE_MB * 1024**2
    in_use = time.time() - IN_USE_SECONDS
    for path, facts in sorted(files, key=lambda file: _used(file[1])):
        if too_much <= 0 or _used(facts) > in_use:
            return
        # What came here before files were shared may be nowhere else.
        if default_storage.exists(f"{room}/{path.name}"):
            path.unlink(missing_ok=True)
            too_much -= facts.st_size


def _used(facts: os.stat_result) -> float:
    """Return when a file was last read; most systems know it to the day, some not at all."""
    return max(facts.st_atime, facts.st_mtime)
