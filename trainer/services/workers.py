"""Names of worker processes, and whether one of this machine is still alive."""

import os
import socket
from pathlib import Path

import psutil


def worker_name(pid: int | None = None) -> str:
    """Return a name for a process (this one) that no other process ever has: host, pid, start."""
    pid = os.getpid() if pid is None else pid
    return f"{socket.gethostname()}:{pid}:{_start_of(pid)}"


def worker_is_gone(worker: str) -> bool:
    """Return whether a worker is known to be dead; False for those of other machines."""
    if not worker:
        return False
    host, pid, start = worker.rsplit(":", 2)
    if host != socket.gethostname():
        return False
    try:
        if psutil.Process(int(pid)).status() == psutil.STATUS_ZOMBIE:
            return True
        return _start_of(int(pid)) != start
    except (psutil.NoSuchProcess, FileNotFoundError):
        return True


def _start_of(pid: int) -> str:
    """Return when a process began: where it can be had, in ticks since the machine's start.

    The wall clock may be set while a job runs; a live worker must not look like another one.
    """
    stat = Path(f"/proc/{pid}/stat")
    if stat.parent.parent.joinpath("self").exists():
        # Field 22; the process's name, field 2, stands in brackets and may hold blanks.
        return stat.read_text().rpartition(")")[2].split()[19]
    return f"{psutil.Process(pid).create_time():.2f}"
