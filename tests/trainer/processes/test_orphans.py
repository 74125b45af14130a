"""Nothing outlives a parent that was killed with -9."""

import os
import signal
import subprocess
import sys

import pytest
from django.conf import settings

from tests.setup.services import wait_until
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


def test_the_guard_passes_signals_on(tmp_path):
    guarded = [sys.executable, "-m", "trainer.processes.guard", *python(WAITS)]
    guard = subprocess.Popen(guarded, cwd=settings.BASE_DIR, stdout=subprocess.PIPE, text=True)
    assert guard.stdout is not None
    child = int(guard.stdout.readline())
    guard.terminate()
    assert guard.wait(timeout=10) != 0
    guard.stdout.close()
    assert not is_running(child)
