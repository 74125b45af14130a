"""The embedded Valkey, as ACC runs it."""

import os
import signal

import pytest
from redis import Redis

from accsite.places import valkey_socket
from tests.setup.waiting import wait_until
from trainer.processes.children import child_start
from trainer.processes.valkey import (
    ValkeyRefused,
    valkey_answers,
    valkey_argv,
    valkey_prepare,
)


@pytest.fixture
def run(tmp_path):
    """Return a function that runs Valkey for a data directory and gives its process."""
    started = []

    def start(home):
        socket = valkey_socket(home)
        valkey_prepare(socket=socket, directory=home / "valkey")
        argv = valkey_argv(socket=socket, directory=home / "valkey")
        process = child_start(argv, log=tmp_path / "valkey.log")
        started.append((process, socket))
        wait_until(lambda: valkey_answers(socket), "Valkey answers")
        return process

    yield start
    for process, socket in started:
        process.kill()
        process.wait()
        socket.unlink(missing_ok=True)


@pytest.mark.parametrize("name", ["with a blank", "long-" + "x" * 100])
def test_any_data_directory_will_do(run, tmp_path, name):
    home = tmp_path / name
    home.mkdir()
    run(home)
    assert valkey_answers(valkey_socket(home))


def test_the_socket_is_its_owners_and_no_port_is_open(run, tmp_path):
    run(tmp_path)
    socket = valkey_socket(tmp_path)
    assert socket.stat().st_mode & 0o077 == 0
    with Redis(unix_socket_path=str(socket)) as client:
        assert client.config_get("port")["port"] == "0"


@pytest.mark.faults
def test_what_was_queued_survives_a_kill(run, tmp_path):
    server = run(tmp_path)
    with Redis(unix_socket_path=str(valkey_socket(tmp_path))) as client:
        client.rpush("queue", "job")
        # On the disk, which a second does as well.
        assert client.execute_command("WAITAOF", 1, 0, 60_000) == [1, 0]
    os.kill(server.pid, signal.SIGKILL)
    server.wait()
    run(tmp_path)
    with Redis(unix_socket_path=str(valkey_socket(tmp_path))) as client:
        assert client.lrange("queue", 0, -1) == [b"job"]


def test_a_socket_directory_that_somebody_else_made_is_refused(tmp_path):
    home, foreign = tmp_path / "home", tmp_path / "foreign"
    home.mkdir()
    (tmp_path / "elsewhere").mkdir()
    foreign.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(ValkeyRefused, match="belongs to somebody else"):
        valkey_prepare(socket=foreign / "x.sock", directory=home / "valkey")


def test_nobody_answers_where_nobody_is(tmp_path):
    assert not valkey_answers(tmp_path / "none.sock")
