"""Children are kept running and are stopped in order."""

import errno
import os
import signal
import time

import pytest

from tests.setup.waiting import wait_until
from tests.trainer.processes.programs import (
    SAYS_GOODBYE,
    STUBBORN,
    WAITS,
    first_line,
    is_running,
    python,
)
from trainer.processes.children import log_bound, log_tail
from trainer.processes.signals import SignalWatch
from trainer.processes.supervisor import FIRST_DELAY, ChildSpec, Supervisor


@pytest.fixture
def watch():
    with SignalWatch() as watch:
        yield watch


@pytest.fixture
def said():
    return []


@pytest.fixture
def supervisor(watch, said):
    supervisor = Supervisor(watch, said.append)
    yield supervisor
    supervisor.stop()


def spec(tmp_path, name, argv, **more):
    return ChildSpec(name=name, argv=argv, log=tmp_path / f"{name}.log", **more)


def pid_of(supervisor, name):
    return supervisor.children[name].process.pid


def test_a_child_that_dies_is_started_again_and_its_last_words_are_told(supervisor, said, tmp_path):
    program = "import sys; print('the disk is full'); sys.exit(7)"
    supervisor.start(spec(tmp_path, "web", python(program)))
    process = supervisor.children["web"].process
    process.wait(timeout=60)
    supervisor.check()
    (sentence,) = said
    assert sentence.startswith("web ended unexpectedly (exit code 7); starting it again.")
    assert sentence.endswith(f"Its log {tmp_path / 'web.log'} ends with: the disk is full")

    def started_again():
        supervisor.check()
        return supervisor.children["web"].process not in {None, process}

    wait_until(started_again, "it was started again")


def test_a_child_killed_by_a_signal_is_started_again(supervisor, said, tmp_path):
    supervisor.start(spec(tmp_path, "train", python(WAITS)))
    killed = pid_of(supervisor, "train")
    os.kill(killed, signal.SIGKILL)
    supervisor.children["train"].process.wait(timeout=60)

    def lives_again():
        supervisor.check()
        process = supervisor.children["train"].process
        return process is not None and process.poll() is None

    wait_until(lives_again, "it lives again")
    assert "signal 9" in said[0]


def test_one_that_keeps_dying_is_started_ever_more_rarely(supervisor, tmp_path):
    supervisor.start(spec(tmp_path, "web", python("raise SystemExit(1)")))
    child = supervisor.children["web"]
    for times in (1, 3, 9):
        child.process.wait(timeout=60)
        begun = time.monotonic()
        supervisor.check()
        assert child.start_at - begun >= times * FIRST_DELAY
        child.start_at = 0.0  # no waiting in a test: only how long it would be counts
        supervisor.check()


def test_children_are_stopped_rank_by_rank(supervisor, tmp_path):
    order = tmp_path / "order"
    for name, rank in (("valkey", 2), ("web", 0), ("train", 1)):
        argv = python(SAYS_GOODBYE, str(order), name)
        supervisor.start(spec(tmp_path, name, argv, stop_rank=rank))
    for name in ("valkey", "web", "train"):
        first_line(tmp_path / f"{name}.log")
    supervisor.stop()
    assert order.read_text().split() == ["web", "train", "valkey"]


def test_who_does_not_end_in_time_is_killed(supervisor, tmp_path):
    supervisor.start(spec(tmp_path, "train", python(STUBBORN), stop_seconds=0.2))
    first_line(tmp_path / "train.log")
    pid = pid_of(supervisor, "train")
    supervisor.stop()
    assert not is_running(pid)


def test_what_a_child_leaves_behind_is_ended_with_it(supervisor, tmp_path):
    left = f"subprocess.Popen([sys.executable, '-c', {STUBBORN!r}], stdout=2).pid"
    program = f"import signal, subprocess, sys; print({left}, flush=True); signal.pause()"
    supervisor.start(spec(tmp_path, "watch", python(program)))
    log = tmp_path / "watch.log"
    wait_until(lambda: "ready" in log.read_text(), "the one that is left is deaf to SIGTERM")
    supervisor.stop()
    (left_behind,) = [int(line) for line in log.read_text().split() if line.isdigit()]
    assert not is_running(left_behind)


def test_asking_twice_waits_for_nobody(supervisor, watch, tmp_path):
    supervisor.start(spec(tmp_path, "train", python(STUBBORN), stop_seconds=600))
    first_line(tmp_path / "train.log")
    os.kill(os.getpid(), signal.SIGINT)
    os.kill(os.getpid(), signal.SIGINT)
    wait_until(lambda: watch.hurry, "both were heard")
    begun = time.monotonic()
    supervisor.stop()
    assert time.monotonic() - begun < 300


def test_the_terminals_interrupt_does_not_reach_a_child(supervisor, tmp_path):
    supervisor.start(spec(tmp_path, "train", python(WAITS)))
    pid = int(first_line(tmp_path / "train.log"))
    assert os.getpgid(pid) == pid != os.getpgid(0)


def test_the_death_of_a_child_ends_the_wait_at_once(supervisor, watch, tmp_path):
    supervisor.start(spec(tmp_path, "train", python("pass")))
    begun = time.monotonic()
    watch.wait(600)
    assert time.monotonic() - begun < 300


def test_a_big_log_is_put_aside_before_the_next_start(supervisor, tmp_path, monkeypatch):
    monkeypatch.setattr("trainer.processes.children.LOG_LIMIT_BYTES", 10)
    (tmp_path / "web.log").write_text("a line of the last run\n")
    supervisor.start(spec(tmp_path, "web", python(WAITS)))
    assert (tmp_path / "web.log.1").read_text() == "a line of the last run\n"


def test_a_log_that_grows_is_begun_anew_while_its_process_goes_on(
    supervisor, tmp_path, monkeypatch
):
    monkeypatch.setattr("trainer.processes.children.LOG_LIMIT_BYTES", 1000)
    goes_on = "import time\nwhile True:\n    print('x' * 99, flush=True)\n    time.sleep(0.001)"
    supervisor.start(spec(tmp_path, "web", python(goes_on)))
    log, older = tmp_path / "web.log", tmp_path / "web.log.1"
    wait_until(lambda: log.stat().st_size > 1000, "it has grown")
    supervisor.check()
    assert older.stat().st_size > 1000
    wait_until(lambda: log.stat().st_size > 0, "it goes on")
    assert log.read_text().startswith("x" * 99)


def test_a_long_log_on_a_full_disk_gives_its_room_and_nothing_ends(tmp_path, monkeypatch):
    def fill(_, copy):
        copy.write_text("a part of it")
        raise OSError(errno.ENOSPC, "no space left on device")

    monkeypatch.setattr("trainer.processes.children.LOG_LIMIT_BYTES", 10)
    monkeypatch.setattr("trainer.processes.children.shutil.copy", fill)
    log = tmp_path / "web.log"
    log.write_text("more than ten bytes\n")
    log_bound(log)
    assert (log.read_text(), list(tmp_path.iterdir())) == ("", [log])


def test_a_log_that_says_nothing_has_no_last_line(tmp_path):
    (tmp_path / "empty.log").write_text("\n\n")
    assert log_tail(tmp_path / "empty.log") == log_tail(tmp_path / "missing.log") == ""
