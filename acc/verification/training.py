"""Promises about training and seeing: each a function that drives a running ACC.

A check returns what it saw, in a few words, and raises AssertionError with a sentence where a
promise is not kept.
"""

from __future__ import annotations

import base64
import math
from typing import Any

from acc.verification.client import wait_for
from acc.verification.world import World

STEPS = 60
PNG = b"\x89PNG\r\n\x1a\n"


def experiment(world: World) -> str:
    """A model and a dataset are made, and the built-in tasks attached."""
    client = world.client
    model = client.post(
        "/model/create", class_name="ConvVAE", config={}, experiment=client.experiment
    )
    dataset = client.post("/datasets/load_builtin", name="digits", image_size=32)
    chosen = {"ReconstructionTask": 1.0, "KLDivergenceTask": 0.001, "ClassificationTask": 0.1}
    for class_name, weight in chosen.items():
        client.post("/tasks/add", class_name=class_name, dataset_name="digits", weight=weight)
    attached = [task["class_name"] for task in client.get("/tasks")]
    assert attached == list(chosen), f"attached are {attached}"
    return f"{model['class_name']}, {dataset['size']} digits, {len(attached)} tasks"


def task_add(world: World) -> str:
    """A class from the task file is attached, on a slice of the latent."""
    task = world.client.post(
        "/tasks/add",
        class_name=world.class_name,
        dataset_name="digits",
        name="dummy",
        weight=0.5,
        latent_slice="0:4",
    )
    assert (task["latent_slice"], task["weight"]) == ([0, 4], 0.5), f"attached is {task}"
    return "latent 0:4, weight 0.5"


def task_error(world: World) -> str:
    """A task that does not fit is refused in its own words."""
    refusal = world.client.refusal("/tasks/add", class_name="RegressionTask", dataset_name="digits")
    assert refusal is not None, "a regression was attached to digits' classes"
    assert refusal.status == 400, f"status {refusal.status}"
    assert "float" in refusal.sentence, f"it says: {refusal.sentence}"
    return refusal.sentence


def training_live(world: World) -> str:
    """A job runs; its losses come live, each step once and in order."""
    with world.client.live() as live:
        world.job = world.train(STEPS)["id"]

        def steps_told() -> list[int]:
            told = [message for message in live.of_type("loss") if message["job"] == world.job]
            return [m["first_step"] + n for m in told for n in range(m["steps"])]

        wait_for(lambda: len(steps_told()) >= STEPS, seconds=5, what="the last live loss")
        told = steps_told()
        assert told == list(range(1, STEPS + 1)), f"told are {len(told)} steps, not each once"
        seqs = [m["seq"] for m in list(live.messages) if m.get("job") == world.job and "seq" in m]
        assert seqs == list(range(seqs[0], seqs[0] + len(seqs))), "seq does not count by one"
    return f"{STEPS} steps in {len(live.of_type('loss'))} messages"


def loss_history(world: World) -> str:
    """Every task's every step is stored, and the total is the weighted sum."""
    world.history = world.client.get(f"/jobs/{world.job}/loss_history")
    names = [task["name"] for task in world.client.get("/tasks")]
    by_step: dict[int, list[dict[str, Any]]] = {}
    for point in world.history:
        by_step.setdefault(point["step"], []).append(point)
    assert list(by_step) == list(range(1, STEPS + 1)), f"{len(by_step)} steps are stored"
    for step, points in by_step.items():
        assert [point["task_name"] for point in points] == names, f"step {step} lacks a task"
        total = sum(point["task_loss"] * point["weight"] for point in points)
        told = points[0]["total_loss"]
        assert math.isclose(total, told, rel_tol=1e-4), f"step {step}: {total} is not {told}"
    return f"{len(world.history)} points of {len(names)} tasks"


def set_weight(world: World) -> str:
    """A changed weight changes what the task contributes to the next training's total."""
    world.client.post("/tasks/dummy/set_weight", weight=5.0)
    job = world.train(5)["id"]
    points = world.client.get(f"/jobs/{job}/loss_history")
    weights = {point["weight"] for point in points if point["task_name"] == "dummy"}
    assert weights == {5.0}, f"the job's weights are {weights}"
    first = [point for point in points if point["step"] == 1]
    shares = {p["task_name"]: p["task_loss"] * p["weight"] for p in first}
    told = first[0]["total_loss"]
    assert math.isclose(sum(shares.values()), told, rel_tol=1e-4), f"{shares} is not {told}"
    return f"0.5 -> 5, {shares['dummy'] / told:.0%} of the total"


def job_history(world: World) -> str:
    """The job is in the history, with its duration, its final losses and a summary of each."""
    jobs = world.client.get("/jobs/history", limit=10)
    job = next((job for job in jobs if job["id"] == world.job), None)
    assert job is not None, f"job {world.job} is not in /jobs/history"
    last = {p["task_name"]: p["task_loss"] for p in world.history if p["step"] == STEPS}
    for name, loss in last.items():
        told = job["final_losses"][name]
        assert math.isclose(told, loss, rel_tol=1e-6), f"final loss of {name}: {told}, not {loss}"
        assert {"mean", "min", "max", "trend", "health"} <= job["summary"][name].keys()
    return f"{job['duration_seconds']:.1f} s, {len(last)} final losses"


def evaluation(world: World) -> str:
    """An evaluation gives each task's metrics, and is kept."""
    run = world.client.post("/eval/run")
    results = run["results"]
    accuracy = results["classification-digits"]["accuracy"]
    assert 0 <= accuracy <= 1, f"accuracy {accuracy}"
    assert results["dummy"] == {"size": 0.5}, f"the dummy's metrics are {results['dummy']}"
    kept = world.client.get("/eval/history", limit=5)
    assert run["id"] in [old["id"] for old in kept], "it is not in /eval/history"
    return f"accuracy {accuracy:.2f}, {len(results)} tasks"


def reconstructions(world: World) -> str:
    """Originals and their reconstructions come as images."""
    answer = world.client.post("/eval/reconstructions", n=8, dataset="digits")
    for part in ("originals", "reconstructions", "differences"):
        images = [base64.b64decode(image) for image in answer[part]]
        assert len(images) == 8, f"{len(images)} {part}"
        assert all(image.startswith(PNG) for image in images), f"{part} are no PNG"
    return f"8 pairs at step {answer['step']}"


def restart(world: World) -> str:
    """After a restart the history is what it was."""
    if world.system is None:
        return "left out: the system is not ours to restart"
    world.system.stop()
    world.system.start()
    again = world.client.get(f"/jobs/{world.job}/loss_history")
    assert again == world.history, "the loss history is another one"
    assert world.client.get(f"/jobs/{world.job}")["state"] == "completed"
    names = [task["name"] for task in world.client.get("/tasks")]
    assert "dummy" in names, f"attached are {names}"
    return f"{len(again)} points, {len(names)} tasks"


def toggle_and_remove(world: World) -> str:
    """A task is disabled, enabled and removed."""
    client = world.client
    toggled = [client.post("/tasks/dummy/toggle")["enabled"] for _ in range(2)]
    assert toggled == [False, True], f"enabled was {toggled}"
    assert client.post("/tasks/dummy/remove") == {"removed": "dummy"}
    names = [task["name"] for task in client.get("/tasks")]
    assert "dummy" not in names, f"attached are {names}"
    assert len(client.get(f"/jobs/{world.job}/loss_history")) == len(world.history)
    return "its recorded losses stay"
