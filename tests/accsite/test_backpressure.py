"""Clients that do not read what they asked for, against a real Daphne."""

import asyncio
import contextlib
import json
import os
import select
import socket
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer

from acc.verification.ports import free_port
from accsite.backpressure import MOST_UNSENT_BYTES, STALLED_SECONDS
from tests.browser.conftest import Site
from tests.setup.waiting import wait_until
from tests.trainer.rows import experiment_make, job_make
from trainer.models import Job, LossSegment
from trainer.services.access import api_token_ensure

pytestmark = pytest.mark.django_db(transaction=True)

MB = 1024**2
STEPS = 300_000

Ask = Callable[..., socket.socket]


@pytest.fixture
def site(transactional_db, valkey) -> Iterator[Site]:
    """A web side of this test's alone, whose memory is looked at."""
    site = Site(free_port())
    site.start()
    yield site
    site.stop()


@pytest.fixture
def long_job(transactional_db) -> Job:
    """A job whose losses are some 60 MB of JSON."""
    job = job_make(experiment_make())
    for first in range(1, STEPS, 10_000):
        values = np.random.default_rng(first).random((10_000, 3), dtype=np.float32).tobytes()
        LossSegment.objects.create(
            job=job,
            first_step=first,
            step_count=10_000,
            task_names=["recon", "digit"],
            weights=[1.0, 1.0],
            values=values,
        )
    return job


@pytest.fixture
def ask(site: Site) -> Iterator[Ask]:
    """Send requests and read nothing of what comes."""
    with contextlib.ExitStack() as opened:

        def ask(path: str, **headers: str) -> socket.socket:
            asking = socket.create_connection(("127.0.0.1", site.port))
            opened.enter_context(asking)
            told = {"Host": f"127.0.0.1:{site.port}", **headers}
            lines = [f"GET {path} HTTP/1.1", *(f"{name}: {told[name]}" for name in told)]
            asking.sendall("\r\n".join([*lines, "", ""]).encode())
            return asking

        yield ask


def is_over(connection: socket.socket) -> bool:
    """Return whether the other side has ended a connection, without reading from it."""
    poll = select.poll()
    poll.register(connection, 0)
    return bool(poll.poll(0))


def memory_of(site: Site) -> int:
    status = Path(f"/proc/{site.process.pid}/status").read_text()
    (line,) = (line for line in status.splitlines() if line.startswith("VmRSS"))
    return int(line.split()[1]) * 1024


def rest(site: Site) -> None:
    """Wait until the web side has had nothing to do for a second or so."""

    def spent() -> int:
        fields = Path(f"/proc/{site.process.pid}/stat").read_text().rpartition(")")[2].split()
        return int(fields[11]) + int(fields[12])

    def rests() -> bool:
        before = spent()
        time.sleep(1)
        return spent() - before < 0.1 * os.sysconf("SC_CLK_TCK")

    wait_until(rests, "the web side rests", seconds=300)


def losses(job: Job) -> str:
    return f"/jobs/{job.pk}/loss_history"


@pytest.mark.long
def test_an_answer_that_nobody_reads_is_neither_made_whole_nor_kept(site, ask, long_job):
    bearer = f"Bearer {api_token_ensure()}"
    request = urllib.request.Request(site.url + losses(long_job), headers={"Authorization": bearer})
    with urllib.request.urlopen(request) as whole:
        text = whole.read()
    assert len(text) > 40 * MB
    assert len(json.loads(text)) == 2 * STEPS
    before = memory_of(site)
    idle = [ask(losses(long_job), Authorization=bearer) for _ in range(4)]
    rest(site)
    assert memory_of(site) < before + 40 * MB
    wait_until(lambda: all(map(is_over, idle)), "it is given up", seconds=3 * STALLED_SECONDS)
    wait_until(site.answers, "it answers")


def test_a_follower_that_does_not_read_is_let_go(site, ask):
    path = f"/ws/live/?token={api_token_ensure()}"
    upgrade = {"Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Version": "13"}
    key = {"Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ=="}
    sleeper, reader = (ask(path, **upgrade, **key) for _ in range(2))
    assert b" 101 " in reader.recv(4096)
    wait_until(lambda: select.select([sleeper], [], [], 0)[0], "it follows, too")
    text = "x" * (MB // 2)
    heard = 0
    for _ in range(3 * MOST_UNSENT_BYTES // len(text)):
        async_to_sync(say)(text)
        acknowledge(sleeper, reader)
        heard += read_up_to(reader, len(text))
    assert heard >= 3 * MOST_UNSENT_BYTES

    def is_let_go() -> bool:
        acknowledge(sleeper, reader)
        return is_over(sleeper)

    wait_until(is_let_go, "the sleeper is let go")
    assert not is_over(reader)


def acknowledge(*sockets: socket.socket) -> None:
    """Say something, as who does so is not asked whether they are there."""
    text = b'{"ack":0}'
    for follower in sockets:
        with contextlib.suppress(OSError):
            follower.sendall(bytes([0x81, 0x80 | len(text), 0, 0, 0, 0]) + text)


async def say(text: str) -> None:
    message = {"type": "live.message", "group": "system", "text": text}
    await get_channel_layer().group_send("system", message)
    await asyncio.sleep(0)


def read_up_to(connection: socket.socket, count: int) -> int:
    """Read as many bytes, and what comes with them."""
    read = 0
    connection.settimeout(60)
    while read < count:
        read += len(connection.recv(MB))
    return read
