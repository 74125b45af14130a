"""Where everything of a run lies: a directory that is gone afterwards, with small disks in it."""

import contextlib
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psutil

PREFIX = "accf-"
DISK_MB = 400


@contextlib.contextmanager
def place() -> Iterator[Path]:
    """Give a directory with a short path; those of harnesses that were killed go as well."""
    for left in Path("/tmp").glob(f"{PREFIX}*"):
        if not psutil.pid_exists(int(left.name.removeprefix(PREFIX))):
            _remove(left)
    made = Path(f"/tmp/{PREFIX}{os.getpid()}")
    made.mkdir(mode=0o755)
    try:
        yield made
    finally:
        _remove(made)


def home_make(path: Path, *, own_disk: bool) -> Path:
    """Make an ACC_HOME, on a small disk of its own where that can be had."""
    path.mkdir()
    if own_disk:
        options = f"size={DISK_MB}m,mode=0700"
        subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", path], check=True)
    return path


def fill(home: Path) -> Path:
    """Take all the room that is left on a home's disk; return the file that has it."""
    filler = home / "filler"
    with filler.open("wb") as file:
        while room := shutil.disk_usage(home).free:
            try:
                os.posix_fallocate(file.fileno(), file.tell(), room)
            except OSError:
                break  # somebody else took some of it: the disk is full
            file.seek(0, os.SEEK_END)
    return filler


def _remove(directory: Path) -> None:
    for mount in sorted(directory.iterdir()):
        if mount.is_mount():
            subprocess.run(["umount", "--lazy", mount], check=False)
    shutil.rmtree(directory, ignore_errors=True)
