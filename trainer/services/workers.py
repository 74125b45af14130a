"""Names of worker processes, and whether one of this machine is still alive."""

import hashlib
import os
import socket
from collections.abc import Iterable
from functools import cache
from pathlib import Path

import psutil


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


def worker_is_unheard(worker: str, alive: Iterable[str]) -> bool:
    """Return whether no trainer side that is alive could have a worker; False where unknown.

    After a start of its machine or container its trainer side is another one, and so is what tells
    whose process ids these are.

    Args:
        alive: the names of the trainer sides that are alive.
    """
    tables = {_table_of(name) for name in alive}
    return bool(tables and all(tables) and _table_of(worker)) and _table_of(worker) not in tables


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
