"""A tree of real processes: one command with all that it starts, which may die in any way."""

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from tests.faults.system import ROOT
from trainer.processes.children import die_with_parent

STOP_SECONDS = 60.0
ROLES = {
    "web": "daphne",
    "train": "train@",
    "eval": "eval@",
    "recipe": "recipe@",
    "watch": "trainer.worker.watch",
    "valkey": "valkey-server",
}


@dataclass
class Tree:
    """A command that is started again and again on one ACC_HOME."""

    name: str
    home: Path
    argv: Sequence[str]
    environment: Mapping[str, str]
    log: Path
    process: subprocess.Popen[bytes] | None = None
    starts: int = 0
    exits: list[int] = field(default_factory=list)

    def launch(self) -> None:
        """Run the command; it ends with this process, however that ends."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.argv,
                cwd=ROOT,
                env=dict(self.environment),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=die_with_parent(os.getpid()),  # noqa: PLW1509  # kill -9 leaves nothing
            )
        self.starts += 1

    @property
    def is_up(self) -> bool:
        """Whether the command runs."""
        return self.process is not None and self.process.poll() is None

    def processes(self) -> list[psutil.Process]:
        """Return the command's process and all below it."""
        if not self.is_up:
            return []
        assert self.process is not None
        with contextlib.suppress(psutil.NoSuchProcess):
            root = psutil.Process(self.process.pid)
            return [root, *root.children(recursive=True)]
        return []

    def of_role(self, role: str) -> list[psutil.Process]:
        """Return the processes of a role, the main one first, then those that it forked."""
        if role == "up":
            return self.processes()[:1]
        word = ROLES[role]
        return [process for process in self.processes() if word in _line_of(process)]

    def interrupt(self) -> int | None:
        """Press Ctrl-C; return the exit code, None where it had to be killed."""
        if not self.is_up:
            return None
        assert self.process is not None
        os.killpg(self.process.pid, signal.SIGINT)
        try:
            return self.process.wait(timeout=STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()
            return None

    def kill(self) -> None:
        """Kill -9 every process of the tree."""
        for process in self.processes():
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        if self.process is not None:
            self.process.wait(timeout=60)


def processes_on(homes: Sequence[Path]) -> list[psutil.Process]:
    """Return every process of this machine that was started for one of these ACC_HOMEs."""
    wanted = {str(home) for home in homes}
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            at_work = process.status() != psutil.STATUS_ZOMBIE
            if at_work and process.environ().get("ACC_HOME") in wanted:
                found.append(process)
    return found


def end_processes(found: Sequence[psutil.Process]) -> None:
    """Kill processes, each by its id."""
    for process in found:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
    psutil.wait_procs(list(found), timeout=5)


def wait_until_none(homes: Sequence[Path], *, seconds: float) -> list[psutil.Process]:
    """Wait until no process is left on these homes; return those that stay."""
    give_up_at = time.monotonic() + seconds
    while (left := processes_on(homes)) and time.monotonic() < give_up_at:
        time.sleep(0.2)
    return left


def _line_of(process: psutil.Process) -> str:
    try:
        return " ".join(process.cmdline())
    except psutil.Error:
        return ""
