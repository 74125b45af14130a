"""Faults of processes: kill -9, SIGSTOP for a while, Ctrl-C and a new start."""

import contextlib
from collections.abc import Iterator

import psutil

from tests.faults.harness.faults import NOT_DONE, fault
from tests.faults.harness.site import LEASE_SECONDS, Site
from tests.faults.harness.tree import Tree

NOBODY = f"{NOT_DONE}: nobody was there"


def _tree(site: Site, pick: float) -> Tree:
    names = site.trainers
    return site.trees[names[int(pick * len(names))]]


def _job_process(site: Site, pick: float) -> psutil.Process | None:
    """Return the process that trains a job now."""
    held = site.rows(
        "SELECT worker FROM trainer_job WHERE state IN ('running', 'paused') ORDER BY id"
    )
    if not held:
        return None
    name = held[int(pick * len(held))]["worker"]
    with contextlib.suppress(psutil.Error, ValueError, IndexError):
        return psutil.Process(int(name.rsplit(":", 2)[1]))
    return None


def _victim(site: Site, role: str, pick: float) -> psutil.Process | None:
    """Return one process of a role: of the first one's main process and those that it forked."""
    if role == "job":
        return _job_process(site, pick)
    trees = [_tree(site, pick), *site.trees.values()]
    for tree in trees:
        found = tree.of_role(role)
        if found:
            return found[int(pick * 997) % len(found)]
    return None


def _kill(role: str, what: str, flavours: tuple[str, ...] = ("sqlite", "postgres")) -> None:
    @fault(f"kill-{role}", what, flavours=flavours)
    def inject(site: Site, pick: float, seconds: float) -> Iterator[str]:
        victim = _victim(site, role, pick)
        told = NOBODY
        if victim is not None:
            with contextlib.suppress(psutil.NoSuchProcess):
                victim.kill()
                told = f"pid {victim.pid}"
        yield told


def _stop(role: str, what: str, longest: float, flavours: tuple[str, ...]) -> None:
    @fault(f"stop-{role}", what, seconds=(1.0, longest), flavours=flavours)
    def inject(site: Site, pick: float, seconds: float) -> Iterator[str]:
        victim = _victim(site, role, pick)
        told = NOBODY
        try:
            if victim is not None:
                with contextlib.suppress(psutil.NoSuchProcess):
                    victim.suspend()
                    told = f"pid {victim.pid}"
            yield told
        finally:
            if victim is not None:
                with contextlib.suppress(psutil.NoSuchProcess):
                    victim.resume()


PAST_LEASE = 2.0 * LEASE_SECONDS
ONE, TWO = ("sqlite",), ("sqlite", "postgres")

_kill("job", "kill -9 of the process that trains a job")
_kill("train", "kill -9 of a train worker: its main process, or the one that it forked")
_kill("eval", "kill -9 of an eval worker: its main process, or the one that it forked")
_kill("recipe", "kill -9 of a recipe worker: its main process, or the one that it forked")
_kill("watch", "kill -9 of the watcher of task files, or of a process that it forked")
_kill("web", "kill -9 of the web side")
_kill("valkey", "kill -9 of the embedded Valkey", ONE)
_stop("job", "SIGSTOP of the process that trains a job, up to twice its lease", PAST_LEASE, TWO)
_stop("train", "SIGSTOP of a train worker, up to twice a lease", PAST_LEASE, TWO)
_stop("eval", "SIGSTOP of an eval worker", 8.0, TWO)
_stop("recipe", "SIGSTOP of a recipe worker, up to twice its lease", PAST_LEASE, TWO)
_stop("watch", "SIGSTOP of the watcher of task files", 8.0, TWO)
_stop("web", "SIGSTOP of the web side", 8.0, TWO)
_stop("valkey", "SIGSTOP of the embedded Valkey", 12.0, ONE)
_stop("up", "SIGSTOP of `up` or `runtrainer`, whose steward puts rows right", PAST_LEASE, TWO)


@fault("kill-up", "kill -9 of `up` or `runtrainer` alone; started again at once")
def kill_up(site: Site, pick: float, seconds: float) -> Iterator[str]:
    tree = _tree(site, pick)
    assert tree.process is not None
    tree.process.kill()
    tree.process.wait()
    yield tree.name


@fault(
    "kill-all", "kill -9 of `up` or `runtrainer` and all below it; started again", seconds=(0, 4)
)
def kill_all(site: Site, pick: float, seconds: float) -> Iterator[str]:
    tree = _tree(site, pick)
    tree.kill()
    yield tree.name


@fault("ctrl-c", "Ctrl-C, and a new start", seconds=(0, 4))
def ctrl_c(site: Site, pick: float, seconds: float) -> Iterator[str]:
    tree = _tree(site, pick)
    code = tree.interrupt()
    if code is not None:
        tree.exits.append(code)
    yield f"{tree.name}, exit code {code}"
