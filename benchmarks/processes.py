"""What a running system takes of the machine, by what each of its processes is for."""

import contextlib
from dataclasses import dataclass

import psutil

# Told by their command lines; what comes from a worker does its work.
WORKERS = {"-Q train": "train worker", "-Q eval": "eval worker", "-Q recipe": "recipe worker"}
FORKED = {"train worker": "job", "eval worker": "call", "recipe worker": "recipe run"}
MAIN, OTHER = "up", "other"


@dataclass
class Usage:
    """What the processes of one role take together.

    Attributes:
        pss_bytes: memory, with each shared page divided among those who share it.
        uss_bytes: memory that would be free without them.
        rss_bytes: memory, with shared pages counted once a process.
        cpu_seconds: of those that are alive.
    """

    processes: int = 0
    pss_bytes: int = 0
    uss_bytes: int = 0
    rss_bytes: int = 0
    descriptors: int = 0
    threads: int = 0
    cpu_seconds: float = 0.0


def usage_by_role(pid: int, *, with_memory: bool = True) -> dict[str, Usage]:
    """Return what a system takes, whose first process has this id.

    Args:
        with_memory: else PSS and USS stay 0; on a busy machine they take some milliseconds each.
    """
    main = psutil.Process(pid)
    roles = {pid: MAIN}
    usage: dict[str, Usage] = {}
    for process in [main, *main.children(recursive=True)]:
        # A job's or a call's process may end while it is looked at.
        with contextlib.suppress(psutil.NoSuchProcess, psutil.ZombieProcess):
            role = roles.get(process.pid) or _role(process, roles)
            roles[process.pid] = role
            _add(usage.setdefault(role, Usage()), process, with_memory=with_memory)
    return usage


def _role(process: psutil.Process, roles: dict[int, str]) -> str:
    parent = roles.get(process.ppid(), OTHER)
    if parent in FORKED:
        return FORKED[parent]
    if parent != MAIN:
        # What watches files keeps a warm process that forks probes.
        return "probes" if parent == "watch" else parent
    words = " ".join(process.cmdline())
    for sign, role in WORKERS.items():
        if sign in words:
            return role
    names = {"daphne": "web", "valkey": "valkey", "worker.watch": "watch"}
    return next((role for sign, role in names.items() if sign in words), OTHER)


def _add(usage: Usage, process: psutil.Process, *, with_memory: bool) -> None:
    with process.oneshot():
        memory = process.memory_full_info() if with_memory else process.memory_info()
        times = process.cpu_times()
        threads, descriptors = process.num_threads(), process.num_fds()
    usage.processes += 1
    usage.rss_bytes += memory.rss
    usage.pss_bytes += getattr(memory, "pss", 0)
    usage.uss_bytes += getattr(memory, "uss", 0)
    usage.descriptors += descriptors
    usage.threads += threads
    usage.cpu_seconds += times.user + times.system
