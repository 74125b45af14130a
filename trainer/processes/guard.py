"""Stands between a child and its parent where the kernel has no parent-death signal (macOS).

Usage: python -m trainer.processes.guard PROGRAM ARGUMENT...
"""

import os
import signal
import subprocess
import sys
from types import FrameType

LOOK_SECONDS = 0.5
ORPHAN_SECONDS = 25.0


def guard(argv: list[str]) -> int:
    """Run the program, pass on signals, and end it once the parent is gone."""
    parent = os.getppid()
    child: subprocess.Popen[bytes] | None = None
    early: list[int] = []

    def pass_on(number: int, frame: FrameType | None) -> None:
        if child is None:
            early.append(number)
        else:
            child.send_signal(number)

    # Before there is a child: one that came right after its start would end this process alone.
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, pass_on)
    child = subprocess.Popen(argv, close_fds=False)
    for missed in early:
        child.send_signal(missed)
    while True:
        try:
            return child.wait(timeout=LOOK_SECONDS)
        except subprocess.TimeoutExpired:
            if os.getppid() != parent:
                child.terminate()
                return _wait_or_kill(child)


def _wait_or_kill(child: subprocess.Popen[bytes]) -> int:
    try:
        return child.wait(timeout=ORPHAN_SECONDS)
    except subprocess.TimeoutExpired:
        child.kill()
        return child.wait()


if __name__ == "__main__":
    sys.exit(guard(sys.argv[1:]))
