"""Files that are there whole or not at all, also after a kill or a power cut."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from trainer.services.drafts import draft_name


@contextmanager
def written_whole(path: Path) -> Iterator[Path]:
    """Give another name to write under; the file has its own name once it is on the disk.

    Raises:
        OSError: the disk is full or cannot be written; the old file, if any, is as it was.
    """
    temporary = path.with_name(draft_name(path.name))
    try:
        yield temporary
        _sync(temporary)
        temporary.replace(path)
        # Else a power cut may undo the rename after its row is committed.
        _sync(path.parent)
    finally:
        temporary.unlink(missing_ok=True)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
