"""A real Valkey for the whole test run, run as ACC runs it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from redis import Redis

from tests.setup.waiting import wait_until
from trainer.processes.children import child_start
from trainer.processes.valkey import valkey_answers, valkey_argv, valkey_prepare


@pytest.fixture(scope="session", autouse=True)
def valkey_server() -> Iterator[None]:
    """Run Valkey on the socket that the settings name, unless REDIS_URL names another server."""
    if not settings.ACC_EMBEDDED_VALKEY:
        yield
        return
    socket, directory = settings.VALKEY_SOCKET, settings.ACC_HOME / "valkey"
    valkey_prepare(socket=socket, directory=directory)
    server = child_start(
        valkey_argv(socket=socket, directory=directory), log=settings.ACC_LOG_DIR / "valkey.log"
    )
    wait_until(lambda: valkey_answers(socket), "Valkey answers")
    yield
    server.terminate()
    server.wait(timeout=60)
    if Path(settings.VALKEY_SOCKET.parent) != settings.ACC_HOME:
        settings.VALKEY_SOCKET.unlink(missing_ok=True)


@pytest.fixture
def valkey(valkey_server) -> Iterator[Redis]:
    """Return a client of the run's Valkey, which is empty at the test's start."""
    client = Redis.from_url(settings.REDIS_URL)
    client.flushall()
    yield client
    client.close()
