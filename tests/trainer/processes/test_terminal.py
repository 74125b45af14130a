"""Ctrl-C in a terminal, with make between the person and ACC."""

import os
import pty
import select
import shutil
import signal
import sys
import time

import pytest
from django.conf import settings

# A worker of a run side by side ignores Ctrl-C, and what it starts inherits that.
pytestmark = pytest.mark.faults

PROGRAM = """
import sys
sys.path.insert(0, sys.argv[1])
from trainer.processes.signals import SignalWatch
from trainer.processes.terminal import take_terminal
take_terminal()
with SignalWatch() as watch:
    print("running", flush=True)
    while not watch.stop_requested:
        watch.wait(60)
print("stopped", flush=True)
sys.exit(int(sys.argv[2]))
"""

# Its relay has not come far when the interrupt comes.
SLOW_RELAY = PROGRAM.replace(
    "take_terminal()\n",
    """
import os, signal
fork = os.fork
def fork_slowly():
    child = fork()
    while child and signal.SIGINT not in signal.sigpending():
        os.sched_yield()
    return child
os.fork = fork_slowly
take_terminal()
""",
)


@pytest.fixture
def makefile(tmp_path):
    """Return a function that writes a Makefile whose recipe ends with this exit code."""
    if shutil.which("make") is None:
        pytest.skip("make is missing; get it with: apt-get install make")
    (tmp_path / "program.py").write_text(PROGRAM)

    def write(code):
        recipe = f'@exec "{sys.executable}" program.py "{settings.BASE_DIR}" {code}'
        (tmp_path / "Makefile").write_text(f"run:\n\t{recipe}\n")
        return tmp_path

    return write


def in_terminal(directory, act):
    """Run make in a terminal, act once the program runs; return its exit code and the screen."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.chdir(directory)
        os.execvp("make", ["make", "run"])
    screen, acted = b"", False
    give_up_at = time.monotonic() + 300
    while time.monotonic() < give_up_at:
        if not select.select([terminal], [], [], 1)[0]:
            continue
        try:
            part = os.read(terminal, 4096)
        except OSError:  # Linux says so when the other end is closed
            break
        if not part:
            break
        screen += part
        if not acted and b"running" in screen:
            act(pid, terminal)
            acted = True
    _, status = os.waitpid(pid, 0)
    os.close(terminal)
    return os.waitstatus_to_exitcode(status), screen.decode()


def press_ctrl_c(pid, terminal):
    os.write(terminal, b"\x03")


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
class TestMake:
    """A terminal of its own for each run."""

    def test_ctrl_c_ends_make_without_an_error(self, makefile):
        code, screen = in_terminal(makefile(0), press_ctrl_c)
        assert (code, "stopped" in screen) == (0, True)
        assert "***" not in screen

    def test_the_exit_code_of_a_refused_start_is_told(self, makefile):
        code, screen = in_terminal(makefile(3), press_ctrl_c)
        assert code != 0
        assert "Error 3" in screen

    def test_terminating_make_stops_the_program_as_well(self, makefile):
        _, screen = in_terminal(makefile(0), lambda pid, _: os.kill(pid, signal.SIGTERM))
        assert "stopped" in screen

    def test_an_interrupt_of_makes_whole_group_stops_the_program_as_well(self, makefile):
        _, screen = in_terminal(makefile(0), lambda pid, _: os.killpg(pid, signal.SIGINT))
        assert "stopped" in screen

    def test_an_interrupt_right_after_the_start_is_passed_on(self, makefile):
        directory = makefile(0)
        (directory / "program.py").write_text(SLOW_RELAY)
        _, screen = in_terminal(directory, lambda pid, _: os.killpg(pid, signal.SIGINT))
        assert "stopped" in screen
        assert "Traceback" not in screen
