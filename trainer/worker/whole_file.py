"""Files that are there whole or not at all, also after a kill or a power cut."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

# Younger ones may be being written.
UNFINISHED_SECONDS = 3600
SUFFIX = ".tmp"


@contextmanager
def written_whole(path: Path) -> Iterator[Path]:
    """Give another name to write under; the file has its own name once it is on the disk.

    Raises:
        OSError: the disk is full or cannot be written; the old file, if any, is as it was.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}{SUFFIX}")
    try:
        yield temporary
        _sync(temporary)
        temporary.replace(path)
        # Else a power cut may undo the rename after its row is committed.
        _sync(path.parent)
    finally:
        temporary.unlink(missing_ok=True)


def unfinished_sweep(directory: Path) -> None:
    """Remove what a killed process began to write in a directory."""
    old = time.time() - UNFINISHED_SECONDS
    for path in directory.glob(f".*{SUFFIX}"):
        if path.stat().st_mtime < old:
            path.unlink(missing_ok=True)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
