"""A hundred things asked of a running job by two clients: each once, in order, and repeatable."""

import statistics
import threading

import pytest

from tests.faults.steering import (
    Operator,
    assert_chart_is_true,
    assert_curve_follows,
    assert_each_answered_once_and_in_order,
    latencies,
    settled,
)
from tests.faults.system import System
from tests.setup.waiting import wait_until

pytestmark = pytest.mark.faults

# Of each of two clients: calm, and with a kill -9 in the middle, whose replay takes its time.
ASKED = {False: 50, True: 16}
ENDLESS = 1_000_000


def asked_by_two(system: System, slug: str, *, seed: int, times: int) -> list[Operator]:
    """Let two clients ask at the same time."""
    clients = [Operator(system, slug, seed=seed + number) for number in range(2)]
    threads = [threading.Thread(target=client.ask, args=(times,)) for client in clients]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return clients


def end(system: System, slug: str, job_id: int) -> int:
    """Let the job do some more steps, stop it and return the last one."""
    cards = system.get(f"/tasks?experiment={slug}")
    if not any(card["enabled"] for card in cards):  # the clients left it nothing to train
        name, change = (cards[0]["name"], "toggle") if cards else ("recon", "restore")
        system.post(f"/tasks/{name}/{change}?experiment={slug}")
        settled(system, job_id)
    if system.job(job_id)["state"] == "paused":
        system.post(f"/train/resume?experiment={slug}")
    system.wait_for_step(job_id, system.job(job_id)["current_step"] + 20)
    system.post(f"/train/stop?experiment={slug}")
    return int(system.wait_for_end(job_id)["current_step"])


@pytest.mark.parametrize("killed", [False, True], ids=["calm", "kill -9"])
def test_many_commands_take_effect_once_in_order_and_can_be_repeated(
    system: System, killed: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    slug = system.experiment("steered-and-killed" if killed else "steered")
    job_id = system.train(slug, steps=ENDLESS)
    system.wait_for_step(job_id, 10)
    clients = asked_by_two(system, slug, seed=1, times=ASKED[killed] // 2)
    if killed:
        settled(system, job_id)  # what was applied before must survive
        system.process_of_job(job_id).kill()
    clients += asked_by_two(system, slug, seed=3, times=ASKED[killed] // 2)
    last_step = end(system, slug, job_id)

    answers = [answer for client in clients for answer in client.answers]
    assert len(answers) == 2 * ASKED[killed]
    assert all(status in {200, 400, 404, 409} for status, _ in answers)
    assert all(body["error"] for status, body in answers if status != 200)
    assert_each_answered_once_and_in_order(system, job_id)
    assert_curve_follows(system, job_id)
    assert_chart_is_true(system, job_id)
    assert ("resumed_from_checkpoint" in system.events(job_id)) == killed

    again = int(system.post(f"/jobs/{job_id}/repeat")["id"])
    assert system.wait_for_end(again, seconds=900)["current_step"] == last_step
    assert system.curve(again) == system.curve(job_id)

    commands = settled(system, job_id)
    took = latencies(commands)
    with capsys.disabled():
        print(
            f"\n{'kill -9' if killed else 'calm'}: {len(answers)} asked, {len(commands)} reached "
            f"the job, {len(took)} applied over {last_step:,} steps; asked to recorded: "
            f"median {statistics.median(took):.2f} s, worst {took[-1]:.2f} s"
        )


def test_a_task_that_joined_is_there_again_after_kill_9(system: System) -> None:
    slug = system.experiment("joined-and-killed")
    job_id = system.train(slug, steps=ENDLESS)
    system.wait_for_step(job_id, 10)
    body = {"class_name": "KLDivergenceTask", "dataset_name": "digits", "name": "late"}
    system.post(f"/tasks/add?experiment={slug}", body)
    system.post(f"/tasks/kl/remove?experiment={slug}")
    (added, removed) = settled(system, job_id)
    checkpoint = wait_until(lambda: system.job(job_id)["checkpoint_id"], "a checkpoint")
    wait_until(lambda: system.job(job_id)["checkpoint_id"] > checkpoint, "a later one")
    system.process_of_job(job_id).kill()
    wait_until(lambda: "resumed_from_checkpoint" in system.events(job_id), "taken up again")
    system.post(f"/tasks/kl/restore?experiment={slug}")
    (restored,) = [c for c in settled(system, job_id) if c["kind"] == "restore_task"]
    assert restored["state"] == "applied"
    last_step = end(system, slug, job_id)
    points = system.get(f"/jobs/{job_id}/loss_history")
    steps = {name: {p["step"] for p in points if p["task_name"] == name} for name in ("late", "kl")}
    assert steps["late"] == set(range(added["step"] + 1, last_step + 1))
    gone = set(range(removed["step"] + 1, restored["step"] + 1))
    assert steps["kl"] == set(range(1, last_step + 1)) - gone
