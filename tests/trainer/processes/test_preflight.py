"""What stands in the way of a start is said in one sentence."""

import os
import socket
import subprocess
import sys

import pytest
from django.conf import settings

from trainer.processes.preflight import (
    PreflightRefused,
    check_home,
    check_port,
    check_redis,
)


def test_a_data_directory_that_cannot_be_written_is_named(tmp_path):
    with pytest.raises(PreflightRefused, match=r"ACC_HOME .*/gone cannot be written"):
        check_home(tmp_path / "gone")


def test_a_database_that_does_not_answer_ends_the_start_with_a_sentence(tmp_path):
    ended = subprocess.run(
        [sys.executable, settings.BASE_DIR / "manage.py", "runtrainer"],
        env={
            **os.environ,
            "ACC_HOME": str(tmp_path),
            "DATABASE_URL": "postgres://acc:hunter2@127.0.0.1:1/acc",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 2
    assert ended.stderr.startswith("The database 127.0.0.1:1/acc cannot be reached (")
    assert ended.stderr.endswith("look at DATABASE_URL.\n")
    assert ended.stderr.count("\n") == 1
    assert "hunter2" not in ended.stderr


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("redis://:hunter2@127.0.0.1:1/0", "redis://127.0.0.1:1/0"),
        ("redis://127.0.0.1:1/0?password=hunter2", "redis://127.0.0.1:1/0"),
        ("unix:///gone.sock?db=0&password=hunter2", "unix:///gone.sock"),
    ],
)
def test_a_redis_that_does_not_answer_is_named_without_its_password(url, shown):
    with pytest.raises(PreflightRefused) as refusal:
        check_redis(url)
    assert f"Redis at {shown} cannot be reached" in str(refusal.value)
    assert "hunter2" not in str(refusal.value)


def test_a_port_in_use_is_named():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(PreflightRefused, match=f"Port {port} on 127.0.0.1 is in use"):
            check_port("127.0.0.1", port)


def test_an_address_of_another_machine_is_refused():
    with pytest.raises(PreflightRefused, match="no address of this machine"):
        check_port("192.0.2.1", 8000)
