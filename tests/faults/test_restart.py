"""Ctrl-C, double delivery and a flushed queue lose nothing."""

import pytest
from celery import Celery
from redis import Redis

from tests.faults.conftest import STEPS
from tests.faults.system import System, still_there
from tests.setup.waiting import wait_until

pytestmark = pytest.mark.faults


def redis_path(system: System) -> str:
    """Return the path of the system's embedded Valkey socket."""

    def sockets() -> list[str]:
        return [
            str(connection.laddr)
            for connection in system.valkey().net_connections(kind="unix")
            if connection.laddr
        ]

    found: list[str] = wait_until(sockets, "its socket")
    return found[0]


def test_ctrl_c_ends_with_0_and_the_job_goes_on_after_the_next_start(
    system: System, calm_curve: list[tuple[object, ...]]
) -> None:
    job_id = system.train(system.experiment("interrupted"), steps=STEPS)
    system.wait_for_step(job_id, 100)
    before = system.processes()
    assert system.interrupt() == 0
    assert not still_there(before)
    system.start()
    assert system.wait_for_end(job_id)["state"] == "completed"
    assert system.curve(job_id) == calm_curve


def test_a_job_delivered_three_times_trains_once(
    system: System, calm_curve: list[tuple[object, ...]]
) -> None:
    job_id = system.train(system.experiment("delivered-thrice"), steps=STEPS)
    broker = f"redis+socket://{redis_path(system)}?virtual_host=0"
    # Not as current: every later test's messages would go to its broker.
    with Celery(broker=broker, set_as_current=False) as stranger:
        for _ in range(2):
            stranger.send_task("trainer.tasks.run_job", args=[job_id], queue="train")
    system.wait_for_end(job_id)
    assert system.events(job_id).count("started") == 1
    assert system.curve(job_id) == calm_curve


def test_a_job_that_was_queued_while_valkey_was_flushed_still_runs(system: System) -> None:
    first = system.train(system.experiment("before-the-flush"), steps=100_000)
    second = system.train(system.experiment("flushed"), steps=5)
    system.wait_for_step(first, 1)
    assert system.job(second)["state"] == "queued"
    with Redis(unix_socket_path=redis_path(system)) as valkey:
        valkey.flushall()
    system.post("/train/stop?experiment=before-the-flush")
    assert system.wait_for_end(first)["state"] == "stopped"
    assert system.wait_for_end(second)["state"] == "completed"
    wait_until(system.is_online, "online")
