"""Keeps child processes running: starts them, starts them again, stops them in order."""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from trainer.processes.children import child_start, log_bound, log_tail
from trainer.processes.signals import SignalWatch

FIRST_DELAY = 0.1
LONGEST_DELAY = 30.0
# A child that lived this long was well: its next death is a new trouble, not the old one.
WELL_SECONDS = 20.0
# For the kernel to end processes that were killed.
LEFT_SECONDS = 2.0


@dataclass(frozen=True)
class ChildSpec:
    """How to run one child, and how to end it."""

    name: str
    argv: Sequence[str]
    log: Path
    env: Mapping[str, str] | None = None
    cwd: Path | None = None
    pass_fds: tuple[int, ...] = ()
    stop_rank: int = 0  # lower ranks stop first, equal ones together
    stop_seconds: float = 20.0  # then SIGKILL
    death_signal: signal.Signals = signal.SIGTERM  # when `up` itself dies
    prepare: Callable[[], None] | None = None  # before each start


@dataclass
class Child:
    """One child and what became of it."""

    spec: ChildSpec
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    start_at: float = 0.0
    delay: float = FIRST_DELAY


class Supervisor:
    """The children of one foreground command. Use it from the main thread only."""

    def __init__(self, watch: SignalWatch, say: Callable[[str], None]) -> None:
        self._watch = watch
        self._say = say
        self.children: dict[str, Child] = {}

    def start(self, spec: ChildSpec) -> None:
        """Start a child and keep it running from now on."""
        child = Child(spec)
        self.children[spec.name] = child
        self._launch(child)

    def check(self) -> None:
        """Notice the dead and start them again, later and later while they keep dying.

        No log grows without bound meanwhile.
        """
        now = time.monotonic()
        for child in self.children.values():
            log_bound(child.spec.log)
            if child.process is not None and child.process.poll() is not None:
                self._mourn(child, child.process.returncode, now)
            if child.process is None and now >= child.start_at:
                self._launch(child)

    def stop(self) -> None:
        """Stop all children, rank by rank; who does not end in time is killed."""
        for rank in sorted({child.spec.stop_rank for child in self.children.values()}):
            self._stop_together(
                [
                    (child.spec, child.process)
                    for child in self.children.values()
                    if child.spec.stop_rank == rank and child.process is not None
                ]
            )

    def _launch(self, child: Child) -> None:
        spec = child.spec
        if spec.prepare is not None:
            spec.prepare()
        child.started_at = time.monotonic()
        child.process = child_start(
            spec.argv,
            env=spec.env,
            cwd=spec.cwd,
            log=spec.log,
            pass_fds=spec.pass_fds,
            death_signal=spec.death_signal,
        )

    def _mourn(self, child: Child, code: int, now: float) -> None:
        if now - child.started_at > WELL_SECONDS:
            child.delay = FIRST_DELAY
        child.start_at = now + child.delay
        self._say(
            f"{child.spec.name} ended unexpectedly ({_reason(code)}); starting it again. "
            f"Its log {child.spec.log} ends with: {log_tail(child.spec.log) or 'nothing'}"
        )
        child.process = None
        child.delay = min(child.delay * 3, LONGEST_DELAY)

    def _stop_together(self, group: list[tuple[ChildSpec, subprocess.Popen[bytes]]]) -> None:
        for _, process in group:
            process.terminate()
        begun = time.monotonic()
        while group:
            group = [pair for pair in group if not _has_ended(pair[1])]
            waited = time.monotonic() - begun
            for spec, process in group:
                if waited > spec.stop_seconds or self._watch.hurry:
                    process.kill()
            self._watch.wait(0.1)


def _has_ended(process: subprocess.Popen[bytes]) -> bool:
    """Return whether a child has ended; what it left behind in its process group ends with it.

    The warm process of the watcher finds out by itself that it is alone, but only a moment after
    `up` has said that everything is stopped.
    """
    code = process.poll()
    if code is None:
        return False
    if code != -signal.SIGKILL:  # one that was killed leaves those who save
        with suppress(ProcessLookupError):
            # At once: later the number may be that of somebody else's group.
            os.killpg(process.pid, signal.SIGKILL)
            give_up_at = time.monotonic() + LEFT_SECONDS  # who ended stays until its burial
            while time.monotonic() < give_up_at:
                os.killpg(process.pid, 0)
                time.sleep(0.01)
    return True


def _reason(code: int) -> str:
    return f"signal {-code}" if code < 0 else f"exit code {code}"
