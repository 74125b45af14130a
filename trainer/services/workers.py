"""Names of worker processes, and whether one of this machine is still alive."""

import hashlib
import os
import socket
import time
from collections.abc import Iterable
from functools import cache
from pathlib import Path

import psutil

# Longer than a trainer side takes to start, or to wait for its workers' last words.
MISSING_SECONDS = 60.0


def worker_name(pid: int | None = None) -> str:
    """Return a name for a process (this one) that no other process ever has: host, pid, start.

    Machines may share a name, and containers one machine and its name; so what tells whose process
    ids these are stands at the end.
    """
    pid = os.getpid() if pid is None else pid
    return f"{socket.gethostname()}:{pid}:{_start_of(pid)}-{_process_table()}"


def worker_is_gone(worker: str) -> bool:
    """Return whether a worker is known to be dead; False for those of other machines."""
    if not worker:
        return False
    host, pid, began = worker.rsplit(":", 2)
    start, _, table = began.partition("-")
    if host != socket.gethostname() or table not in {"", _process_table()}:
        return False
    try:
        if psutil.Process(int(pid)).status() == psutil.STATUS_ZOMBIE:
            return True
        return _start_of(int(pid)) != start
    except (psutil.NoSuchProcess, FileNotFoundError, ProcessLookupError):
        return True


class Missing:
    """Workers that no trainer side could have, and since when, as one process saw it.

    After a start of its machine or container a trainer side is another one, and so is what tells
    whose process ids these are: nobody else would ever see that its workers are gone.
    """

    def __init__(self) -> None:
        """Begin with none."""
        self._since: dict[str, float] = {}

    def long_missing(self, workers: Iterable[str], alive: Iterable[str]) -> set[str]:
        """Return those of other machines whose trainer side was not there for a minute.

        One that starts or leaves may not be heard although its workers work.

        Args:
            alive: the names of the trainer sides that are alive.
        """
        now = time.monotonic()
        tables = {_table_of(name) for name in alive} | {_process_table()}
        missing = {name for name in workers if _table_of(name) not in tables | {""}}
        if not all(tables):  # somebody's trainer side does not tell which it is
            missing = set()
        self._since = {name: self._since.get(name, now) for name in missing}
        return {name for name, since in self._since.items() if now - since >= MISSING_SECONDS}


def _table_of(worker: str) -> str:
    return worker.rpartition(":")[2].partition("-")[2]


def _start_of(pid: int) -> str:
    """Return when a process began: where it can be had, in ticks since the machine's start.

    The wall clock may be set while a job runs; a live worker must not look like another one.
    """
    stat = Path(f"/proc/{pid}/stat")
    if stat.parent.parent.joinpath("self").exists():
        # Field 22; the process's name, field 2, stands in brackets and may hold blanks.
        return stat.read_text().rpartition(")")[2].split()[19]
    return f"{psutil.Process(pid).create_time():.2f}"


@cache
def _process_table() -> str:
    """Return what is the same for two processes only if each can see the other's id.

    It is empty where that cannot be had; then the host's name has to do.
    """
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        namespace = Path("/proc/self/ns/pid").readlink()
    except OSError:
        return ""
    return hashlib.sha256(f"{boot} {namespace}".encode()).hexdigest()[:8]
