"""Nothing outlives a parent that was killed with -9."""

import os
import signal
import subprocess
import sys

import pytest
from django.conf import settings

from tests.setup.waiting import wait_until
from tests.trainer.processes.programs import WAITS, is_running, python

PARENT = """
import signal, sys
from pathlib import Path
from trainer.processes import children
if sys.argv[1] == "guarded":
    children._LIBC = None
child = children.child_start([sys.executable, "-c", sys.argv[2]], log=Path(sys.argv[3]))
signal.pause()
"""

pytestmark = pytest.mark.faults


@pytest.fixture(params=["by the kernel", "guarded"])
def family(request, tmp_path):
    """Return a parent and the process id of its child, watched in either way."""
    log = tmp_path / "child.log"
    parent = subprocess.Popen(python(PARENT, request.param, WAITS, str(log)), cwd=settings.BASE_DIR)
    wait_until(lambda: log.exists() and log.read_text().endswith("\n"), "the child runs")
    yield parent, int(log.read_text())
    parent.kill()
    parent.wait()


def test_a_child_follows_its_killed_parent(family):
    parent, child = family
    os.kill(parent.pid, signal.SIGKILL)
    parent.wait()
    wait_until(lambda: not is_running(child), "the child is gone")


# Forks once, says both process ids, hears SIGTERM and goes on.
HANGS = """
import os, signal, sys
from trainer.processes.orphan import end_as_orphan
signal.signal(signal.SIGTERM, signal.SIG_IGN)
if sys.argv[1] == "watched":
    end_as_orphan(after_seconds=0.5)
forked = os.fork()
if forked:
    print(os.getpid(), forked, flush=True)
while True:
    signal.pause()
"""
PARENT_OF_ONE_THAT_HANGS = """
import os, signal, sys
from pathlib import Path
from trainer.processes.children import child_start
argv = [sys.executable, "-c", sys.argv[1], sys.argv[2]]
ends = signal.Signals(int(sys.argv[3]))
child_start(argv, log=Path(sys.argv[4]), death_signal=ends, env={**os.environ, "PYTHONPATH": "."})
signal.pause()
"""


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the guard ends the child")
@pytest.mark.parametrize(
    ("is_watched", "death_signal"),
    [("watched", signal.SIGTERM), ("alone", signal.SIGKILL)],
    ids=["by its own watch", "by the kernel"],
)
def test_a_child_that_hears_no_signal_follows_its_killed_parent(tmp_path, is_watched, death_signal):
    log = tmp_path / "child.log"
    arguments = (HANGS, is_watched, str(int(death_signal)), str(log))
    parent = subprocess.Popen(python(PARENT_OF_ONE_THAT_HANGS, *arguments), cwd=settings.BASE_DIR)
    wait_until(lambda: log.exists() and log.read_text().endswith("\n"), "the child runs")
    child, forked = (int(word) for word in log.read_text().split())
    try:
        parent.kill()
        parent.wait()
        wait_until(lambda: not is_running(child), "the child is gone")
        if is_watched == "watched":
            wait_until(lambda: not is_running(forked), "what it forked is gone")
    finally:
        for pid in (child, forked):
            if is_running(pid):
                os.kill(pid, signal.SIGKILL)


def test_the_guard_passes_signals_on(tmp_path):
    guarded = [sys.executable, "-m", "trainer.processes.guard", *python(WAITS)]
    guard = subprocess.Popen(guarded, cwd=settings.BASE_DIR, stdout=subprocess.PIPE, text=True)
    assert guard.stdout is not None
    child = int(guard.stdout.readline())
    guard.terminate()
    assert guard.wait(timeout=60) != 0
    guard.stdout.close()
    assert not is_running(child)


# Is told to end before its guard has it in its hands.
ENDS_EARLY = """
import os, signal, subprocess, sys
from trainer.processes.guard import guard

class Early(subprocess.Popen):
    def __init__(self, *arguments, **more):
        super().__init__(*arguments, **more)
        print(self.pid, flush=True)
        os.kill(os.getpid(), signal.SIGTERM)

subprocess.Popen = Early
sys.exit(guard(sys.argv[1:]))
"""


def test_the_guard_passes_on_a_signal_that_comes_as_the_child_starts():
    program = python(ENDS_EARLY, *python(WAITS))
    guard = subprocess.Popen(program, cwd=settings.BASE_DIR, stdout=subprocess.PIPE, text=True)
    assert guard.stdout is not None
    child = int(guard.stdout.readline())
    try:
        assert guard.wait(timeout=60) != 0
        assert not is_running(child)
    finally:
        guard.stdout.close()
        if is_running(child):
            os.kill(child, signal.SIGKILL)
