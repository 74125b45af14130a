"""kill -9, at random moments: every job resumes by itself and its curve is the calm one."""

import random

import pytest

from tests.faults.conftest import STEPS
from tests.faults.system import System
from tests.setup.waiting import wait_until

pytestmark = [pytest.mark.faults, pytest.mark.long]

# What is asserted is that it does; on a quiet machine it takes a second or two.
RESUME_SECONDS = 120
Curve = list[tuple[object, ...]]


def assert_undisturbed(system: System, job_id: int, calm_curve: Curve) -> None:
    """Check that a job ended well, with every step once and the calm job's numbers."""
    assert system.wait_for_end(job_id)["state"] == "completed"
    curve = system.curve(job_id)
    assert [step for step, *_ in curve] == [step for step in range(1, STEPS + 1) for _ in range(3)]
    assert curve == calm_curve


def wait_for_resumption(system: System, job_id: int, count: int) -> None:
    """Wait until a job was taken up again so often."""
    wait_until(lambda: resumptions(system, job_id) == count, "resumed", seconds=RESUME_SECONDS)


def resumptions(system: System, job_id: int) -> int:
    """Return how often a job was taken up again."""
    return system.events(job_id).count("resumed_from_checkpoint")


def test_a_killed_worker_costs_nothing(system: System, calm_curve: Curve) -> None:
    moments = random.Random(1)
    job_id = system.train(system.experiment("worker-killed"), steps=STEPS)
    for kills in range(1, 4):
        step = kills * 60 + moments.randint(-25, 25)
        system.wait_for_step(job_id, step)
        system.process_of_job(job_id).kill()
        wait_for_resumption(system, job_id, kills)
    assert_undisturbed(system, job_id, calm_curve)


def test_a_killed_worker_with_its_main_process_costs_nothing(
    system: System, calm_curve: Curve
) -> None:
    job_id = system.train(system.experiment("worker-main-killed"), steps=STEPS)
    system.wait_for_step(job_id, random.Random(4).randint(60, 180))
    main = system.process_of_job(job_id).parent()
    assert main is not None
    assert "celery" in " ".join(main.cmdline())
    main.kill()
    wait_for_resumption(system, job_id, 1)
    assert_undisturbed(system, job_id, calm_curve)


def test_a_killed_process_tree_costs_nothing(system: System, calm_curve: Curve) -> None:
    job_id = system.train(system.experiment("tree-killed"), steps=STEPS)
    system.wait_for_step(job_id, random.Random(2).randint(60, 180))
    system.kill_everything()
    system.start()
    wait_for_resumption(system, job_id, 1)
    assert_undisturbed(system, job_id, calm_curve)


def test_a_killed_valkey_costs_nothing(system: System, calm_curve: Curve) -> None:
    job_id = system.train(system.experiment("valkey-killed"), steps=STEPS)
    system.wait_for_step(job_id, random.Random(3).randint(60, 180))
    killed = system.valkey()
    killed.kill()
    assert_undisturbed(system, job_id, calm_curve)
    assert system.valkey().pid != killed.pid
    assert resumptions(system, job_id) == 0


def test_a_worker_that_slept_past_its_lease_leaves_the_job_to_the_next(
    system: System, calm_curve: Curve
) -> None:
    job_id = system.train(system.experiment("worker-asleep"), steps=STEPS)
    system.wait_for_step(job_id, 50)
    asleep = system.process_of_job(job_id)
    system.suspend(asleep)
    wait_until(lambda: "interrupted" in system.events(job_id), "lease over")
    asleep.resume()
    assert_undisturbed(system, job_id, calm_curve)
