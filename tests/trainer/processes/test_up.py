"""A whole system, from its start to Ctrl-C."""

import contextlib
import json
import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import urllib.request
from contextlib import suppress

import psutil
import pytest
from django.conf import settings

from acc.verification.ports import free_port
from tests.setup.waiting import wait_until
from tests.trainer.processes.programs import is_running

pytestmark = pytest.mark.faults

# A machine that others use as well may take minutes to import torch.
SECONDS = 300.0
# Where nothing trains: the worker that imports no torch.
LIGHT = {"ACC_QUEUES": "recipe"}


class System:
    """A `manage.py` command that runs in the foreground of a test."""

    def __init__(self, command, home, more):
        self.home = home
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.environment = {
            **os.environ,
            "ACC_HOME": str(home),
            "ACC_PORT": str(self.port),
            "ACC_DEMO": "0",
            **more,
        }
        self.process = subprocess.Popen(
            [sys.executable, settings.BASE_DIR / "manage.py", command],
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self.lines = []
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def says(self, pattern):
        """Wait for a line and return its match."""

        def found():
            return next((m for line in self.lines if (m := re.search(pattern, line))), None)

        wait_until(lambda: found() or self.process.poll() is not None, pattern, seconds=SECONDS)
        self._read_to_the_end()
        assert found(), self.lines
        return found()

    def health(self):
        """Return what the health check answers, {} where nobody does."""
        try:
            with urllib.request.urlopen(f"{self.url}/health", timeout=60) as answer:
                return json.load(answer)
        except OSError:
            return {}

    def children(self):
        """Return the process ids of all descendants."""
        return [child.pid for child in psutil.Process(self.process.pid).children(recursive=True)]

    def wait(self):
        """Wait for its end and return the exit code."""
        code = self.process.wait(timeout=SECONDS)
        self._read_to_the_end()
        return code

    def end(self):
        """Clean up after a test, whatever happened."""
        if self.process.poll() is None:
            self.process.kill()
        self.wait()
        self.process.stdout.close()

    def _read_to_the_end(self):
        """Wait, where it has ended, for its last words and those of its children."""
        if self.process.poll() is not None:
            self._reader.join(timeout=SECONDS)

    def _read(self):
        for line in self.process.stdout:
            self.lines.append(line.rstrip("\n"))


@pytest.fixture
def start(tmp_path):
    """Return a function that starts a system; all are ended after the test."""
    systems = []

    def start(command="up", home=tmp_path / "home of acc", **more):
        systems.append(System(command, home, more))
        return systems[-1]

    yield start
    for system in systems:
        system.end()


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    """A system that is up, for the tests that leave it so."""
    place = tmp_path_factory.mktemp("up")
    temporary = place / ("temporary" * 10)
    temporary.mkdir()
    system = System("up", place / "home of acc", {"TMPDIR": str(temporary), **LIGHT})
    try:
        system.says("ACC is ready")
        yield system
    finally:
        system.end()


def test_up_runs_everything_until_ctrl_c(start, tmp_path):
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    system = start(TMPDIR=str(temporary))
    link = system.says(r"ACC is ready: (\S+)")[1]
    assert link.startswith(f"{system.url}/sign-in/link/")
    wait_until(
        lambda: system.health() == {"status": "ok", "trainer": "online"},
        "the trainer is online",
        seconds=SECONDS,
    )
    pids = system.children()
    system.process.send_signal(signal.SIGINT)
    assert system.wait() == 0
    assert system.lines[-1] == "Stopped. Nothing is lost: jobs resume at the next start."
    assert [pid for pid in pids if is_running(pid)] == []
    assert not [line for line in system.lines if "Traceback" in line or "rror" in line]
    assert list(temporary.glob("pymp-*")) == []


def test_a_second_up_is_told_of_the_first(start, running):
    second = start(home=running.environment["ACC_HOME"])
    assert second.wait() == 3
    (line,) = second.lines
    assert line == (
        f"ACC is already running on this ACC_HOME (pid {running.process.pid}, {running.url}). "
        f"A new sign-in link is printed by: {sys.executable} manage.py signinlink"
    )
    wait_until(lambda: running.health().get("status") == "ok", "it answers")


def test_a_start_right_after_a_kill_succeeds(start):
    first = start(**LIGHT)
    first.says("ACC is ready")
    pids = first.children()
    first.process.kill()
    second = start(**LIGHT)
    second.says("ACC is ready")
    wait_until(lambda: not any(map(is_running, pids)), "nothing of the first is left")
    wait_until(lambda: second.health().get("trainer") == "online", "it is online", seconds=SECONDS)


def web_of(system):
    """Return the process id of the web side; other children come and go meanwhile."""
    for pid in system.children():
        with suppress(psutil.Error):
            if "daphne" in psutil.Process(pid).cmdline():
                return pid
    return None


def test_a_web_side_that_is_killed_comes_back(running):
    os.kill(wait_until(lambda: web_of(running), "a web side"), signal.SIGKILL)
    running.says(r"web ended unexpectedly \(signal 9\)")
    wait_until(lambda: running.health().get("status") == "ok", "it answers again")


def test_the_trainer_side_runs_alone(start):
    system = start("runtrainer", **LIGHT)
    system.says("The trainer is ready")
    assert system.health() == {}
    with contextlib.closing(sqlite3.connect(system.home / "acc.sqlite3")) as database:
        assert database.execute("SELECT count(*) FROM trainer_trainernode").fetchone() == (1,)
    system.process.send_signal(signal.SIGTERM)
    assert system.wait() == 0


def test_a_port_in_use_ends_the_start_with_a_sentence(start):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        ended = subprocess.run(
            [sys.executable, settings.BASE_DIR / "manage.py", "up"],
            env={**os.environ, "ACC_PORT": port},
            capture_output=True,
            text=True,
            check=False,
        )
    assert ended.returncode == 2
    assert ended.stderr == f"Port {port} on 127.0.0.1 is in use; set ACC_PORT to a free one.\n"


def test_a_device_that_is_not_there_ends_everything_with_a_sentence(start):
    system = start("runtrainer", ACC_DEVICE="cuda:99", **LIGHT)
    assert system.wait() == 2
    assert "ACC_DEVICE is cuda:99, but this machine has only " in system.lines[-1]


def test_a_directory_of_tasks_that_is_not_there_ends_the_start_with_a_sentence(start, tmp_path):
    system = start(ACC_TASK_DIRS=str(tmp_path / "gone"))
    assert system.wait() == 2
    (line,) = system.lines
    assert line == (
        f"ACC_TASK_DIRS names {tmp_path / 'gone'}, which cannot be read as a directory "
        "(No such file or directory)."
    )


def test_a_directory_of_temporary_files_may_have_a_long_path(running):
    wait_until(lambda: running.health().get("trainer") == "online", "online", seconds=SECONDS)


def test_a_new_link_is_printed_while_acc_runs(running):
    wait_until(lambda: running.health().get("status") == "ok", "it answers")
    printed = subprocess.run(
        [sys.executable, settings.BASE_DIR / "manage.py", "signinlink"],
        env=running.environment,
        capture_output=True,
        text=True,
        check=True,
    )
    link = printed.stdout.strip()
    assert link.startswith(f"{running.url}/sign-in/link/")
    with urllib.request.urlopen(link, timeout=60) as answer:
        assert answer.status == 200
