"""What goes wrong is told soon, and no longer than it lasts."""

import pytest

from tests.faults.system import System
from tests.setup.waiting import wait_until

pytestmark = pytest.mark.faults

# Ten are the promise; a machine that others keep busy may need more.
TOLD_SECONDS = 120


def warning_keys(system: System) -> list[str]:
    return [warning["key"] for warning in system.get("/health")["warnings"]]


def test_a_worker_that_stops_is_told_and_until_it_goes_on(system: System) -> None:
    job_id = system.train(system.experiment("stopped"), steps=20_000)
    system.wait_for_step(job_id, 20)
    process = system.process_of_job(job_id)
    key = f"silent-{job_id}"
    assert key not in warning_keys(system)
    system.suspend(process)
    try:
        wait_until(lambda: key in warning_keys(system), "told", seconds=TOLD_SECONDS)
    finally:
        process.resume()
    wait_until(lambda: key not in warning_keys(system), "gone", seconds=TOLD_SECONDS)
    step = system.job(job_id)["current_step"]
    system.wait_for_step(job_id, step + 20)
    system.post("/train/stop?experiment=stopped")
    assert system.wait_for_end(job_id)["state"] == "stopped"
