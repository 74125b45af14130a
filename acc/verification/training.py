"""Promises about training and what is kept of it; as in `classes`."""

from __future__ import annotations

import math
from statistics import fmean
from typing import Any

from acc.verification.client import Client, wait_for
from acc.verification.world import FIRST_STEP_SECONDS, STEERED_SECONDS, Json, World

STEPS = 60


def training_live(world: World) -> str:
    """A job runs; its losses come live, each step once and in order."""
    with world.client.live() as live:
        world.job = world.train(STEPS)["id"]

        def told() -> list[Json]:
            return [message for message in live.of_type("loss") if message["job"] == world.job]

        def steps_told() -> list[int]:
            return [m["first_step"] + n for m in told() for n in range(m["steps"])]

        wait_for(lambda: len(steps_told()) >= STEPS, seconds=60, what="the last live loss")
        steps = steps_told()
        assert steps == list(range(1, STEPS + 1)), f"told are {len(steps)} steps, not each once"
        seqs = [m["seq"] for m in list(live.messages) if m.get("job") == world.job and "seq" in m]
        assert seqs == list(range(seqs[0], seqs[0] + len(seqs))), (
            f"seq does not count by one: {seqs}"
        )
        world.told = told()
    return f"{STEPS} steps in {len(world.told)} messages"


def loss_history(world: World) -> str:
    """Every task's every step is stored as it was told live; the total is the weighted sum."""
    world.history = world.client.get(f"/jobs/{world.job}/loss_history")
    attached = world.attached()
    steps = world.steps(world.job)
    assert len(steps) == STEPS, f"{len(steps)} steps are stored"
    for points in steps:
        seen = {point["task_name"]: point["weight"] for point in points}
        weights = {name: task["weight"] for name, task in attached.items()}
        assert seen == weights, f"step {points[0]['step']} has {seen}, attached are {weights}"
    for name in attached:
        live = [loss for message in world.told for loss in message["series"][name]]
        assert live == _losses(world.history, name), f"live, {name} had other losses"
    totals = [total for message in world.told for total in message["total"]]
    assert totals == [points[0]["total_loss"] for points in steps], "live, the total was another"
    curves = {tuple(_losses(world.history, name)) for name in attached}
    assert len(curves) == len(attached), "tasks have the same curve"
    # The dummy's loss lies between the width of what it gets and one more.
    losses = _losses(world.history, "dummy")
    assert 4 <= min(losses) <= max(losses) <= 5, f"a task on the slice 0:4 has losses {losses[:3]}"
    part = world.client.get(f"/jobs/{world.job}/loss_history", after_step=STEPS - 1)
    assert part == world.history[-len(attached) :], "after_step gives other points"
    return f"{len(world.history)} points of {len(attached)} tasks"


def set_weight(world: World) -> str:
    """A changed weight changes a task's part in the total, of the next job and a running one's."""
    world.client.post("/tasks/dummy/set_weight", weight=0.25)
    with world.training() as job:

        def weight() -> Any:
            return world.newest(job).get("dummy", {}).get("weight")

        first = wait_for(weight, seconds=FIRST_STEP_SECONDS, what="the first step")
        assert first == 0.25, f"the next job's weight is {first}"
        assert world.client.post("/tasks/dummy/set_weight", weight=0.0625)["weight"] == 0.0625
        wait_for(
            lambda: weight() == 0.0625, seconds=STEERED_SECONDS, what="the running job's weight"
        )
    points = [p for points in world.steps(job) for p in points if p["task_name"] == "dummy"]
    assert list(dict.fromkeys(p["weight"] for p in points)) == [0.25, 0.0625], "it had others"
    parts = [p["weight"] * p["task_loss"] / p["total_loss"] for p in points]
    return f"0.25, then 0.0625: {parts[0]:.0%}, then {parts[-1]:.0%} of the total"


def job_history(world: World) -> str:
    """Jobs are listed newest first, each with its duration, final losses and summaries."""
    client = world.client
    jobs = client.get("/jobs/history", limit=10)
    ids = [job["id"] for job in jobs]
    assert len(ids) > 1, f"listed are {ids}"
    assert ids == sorted(ids, reverse=True), f"the order is {ids}"
    limited = [job["id"] for job in client.get("/jobs/history", limit=1)]
    assert limited == ids[:1], f"of {ids}, the newest one is {limited}"
    job = next((job for job in jobs if job["id"] == world.job), None)
    assert job is not None, f"job {world.job} is not among {ids}"
    assert (job["state"], job["current_step"]) == ("completed", STEPS), f"it is {job}"
    assert job["duration_seconds"] > 0, "it has no duration"
    assert job["final_losses"].keys() == world.attached().keys(), f"{job['final_losses']}"
    for name, final in job["final_losses"].items():
        losses = _losses(world.history, name)
        told = {"final loss": final, **job["summary"][name]}
        expected = {
            "final loss": losses[-1],
            "final": losses[-1],
            "mean": fmean(losses),
            "min": min(losses),
            "max": max(losses),
        }
        for what, number in expected.items():
            assert math.isclose(told[what], number, rel_tol=1e-4), (
                f"{what} of {name} is {told[what]}, not {number}"
            )
        assert {"trend", "health"} <= told.keys(), f"the summary of {name} is {told}"
    again = client.get(f"/jobs/{world.job}/loss_history")
    assert again == world.history, "the curves of an earlier job are others now"
    return f"{job['duration_seconds']:.1f} s, {len(job['final_losses'])} final losses"


def restart(world: World) -> str:
    """After a restart the history is what it was."""
    if world.system is None:
        return "left out: the system is not ours to restart"
    before = _kept(world.client)
    world.system.stop()
    world.system.start()
    again = world.client.get(f"/jobs/{world.job}/loss_history")
    assert again == world.history, "the loss history is another one"
    after = _kept(world.client)
    for what, was in before.items():
        lost = [one for one in was if one not in after[what]]
        assert not lost, f"of the {what}, these are gone: {lost}"
    counts = ", ".join(f"{len(was)} {what}" for what, was in before.items())
    return f"{len(again)} points, {counts}"


def _kept(client: Client) -> dict[str, list[Any]]:
    """Return what a restart must leave as it is."""
    told = ("id", "state", "duration_seconds", "final_losses")
    jobs = client.get("/jobs/history", limit=100)
    evals = client.get("/eval/history", limit=100)
    return {
        "jobs": [{key: job[key] for key in told} for job in jobs],
        "evaluations": [(run["id"], run["results"]) for run in evals],
        "tasks": client.get("/tasks"),
    }


def _losses(points: list[Json], name: str) -> list[float]:
    return [point["task_loss"] for point in points if point["task_name"] == name]
