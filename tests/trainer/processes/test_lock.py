"""One system at a time uses a data directory."""

import os
import subprocess
import sys

import pytest
from django.conf import settings

from tests.trainer.processes.programs import python
from trainer.processes.lock import AlreadyRunning, HomeLock

URL = "http://127.0.0.1:8000"
HOLD = """
import signal, sys
from pathlib import Path
from trainer.processes.lock import HomeLock
lock = HomeLock(Path(sys.argv[1]))
lock.acquire(url=sys.argv[2])
print("held", flush=True)
signal.pause()
"""


@pytest.fixture
def holder(tmp_path):
    process = subprocess.Popen(
        python(HOLD, str(tmp_path), URL),
        cwd=settings.BASE_DIR,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    yield process
    process.kill()
    process.wait()
    process.stdout.close()


def test_the_second_is_told_who_runs_already_and_where(tmp_path, holder):
    with pytest.raises(AlreadyRunning) as refusal:
        HomeLock(tmp_path).acquire(url=URL)
    assert str(refusal.value) == (
        f"ACC is already running on this ACC_HOME (pid {holder.pid}, {URL}). "
        f"A new sign-in link is printed by: {sys.executable} manage.py signinlink"
    )


def test_a_lock_whose_holder_was_killed_is_free(tmp_path, holder):
    holder.kill()
    holder.wait()
    lock = HomeLock(tmp_path)
    lock.acquire(url=URL)
    assert f'"pid": {os.getpid()}' in (tmp_path / "acc.lock").read_text()
    lock.release()


def test_a_child_that_outlives_the_holder_keeps_the_lock(tmp_path, monkeypatch):
    monkeypatch.setattr("trainer.processes.lock.ORPHANS_SECONDS", 0.3)
    first = HomeLock(tmp_path)
    first.acquire(url=URL)
    os.ftruncate(first.fd, 0)  # as if nobody could say who it is
    with pytest.raises(AlreadyRunning, match="another process holds its lock"):
        HomeLock(tmp_path).acquire(url=URL)
    first.release()


def test_two_data_directories_do_not_meet(tmp_path):
    locks = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        locks.append(HomeLock(tmp_path / name))
        locks[-1].acquire(url=URL)
    for lock in locks:
        lock.release()
    assert len(locks) == 2
