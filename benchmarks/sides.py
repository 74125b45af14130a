"""The sides of a comparison: each trains the same job once and tells how long its loop took."""

import itertools
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from typing import Any

from acc.verification.client import Client
from acc.verification.system import ROOT, ThrowawaySystem
from benchmarks.job import BATCH_SIZE, DATASET, LEARNING_RATE, SEED, TASKS, WEIGHTS

JOB_SECONDS = 1800
TORCH_FACTS = """
import json, torch
from benchmarks.bare_loop import device_best
print(json.dumps({"torch": torch.__version__, "device": str(device_best())}))
"""

_numbers = itertools.count(1)


@dataclass(frozen=True)
class Run:
    """One run of one side.

    Attributes:
        seconds: of the loop alone, from its first step to its last.
    """

    steps: int
    seconds: float

    @property
    def pace(self) -> float:
        """Steps a second."""
        return self.steps / self.seconds


@dataclass(frozen=True)
class AccRun(Run):
    """One run of ACC: also what its client saw, and what was stored."""

    job_id: int
    threads: int
    received: dict[str, Any]


def acc_run(system: ThrowawaySystem, model: str, *, steps: int) -> AccRun:
    """Train a new experiment while a client follows it; return when it has seen the end."""
    client = system.client(f"{model.lower()}-{next(_numbers)}")
    experiment_make(client, model)
    command = [sys.executable, "-m", "benchmarks.live_client", client.live_url()]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as page:
        try:
            assert page.stdout is not None
            if not page.stdout.readline():  # its first line says that it is connected
                raise RuntimeError("the live client could not connect")
            start = {"steps": steps, "lr": LEARNING_RATE, "batch_size": BATCH_SIZE, "seed": SEED}
            job = client.post("/train/start", **start)
            received = json.loads(page.communicate(timeout=JOB_SECONDS)[0])
        finally:
            page.kill()
    if received["state"] != "completed":
        error = client.get(f"/jobs/{job['id']}")["error"]
        raise RuntimeError(f"the job is {received['state']}: {error}")
    details = {event["kind"]: event["detail"] for event in client.get(f"/jobs/{job['id']}/events")}
    pace, threads = details["completed"], details["started"]["threads"]
    return AccRun(pace["steps"], pace["seconds"], job["id"], threads, received)


def experiment_make(client: Client, model: str) -> None:
    """Make the client's experiment: the model with the tasks that every side trains."""
    client.post("/datasets/load_builtin", name=DATASET)
    client.post("/model/create", class_name=model, config={}, experiment=client.experiment)
    for task in TASKS:
        client.post("/tasks/add", **task, dataset_name=DATASET, weight=WEIGHTS[task["name"]])


def acc_totals(system: ThrowawaySystem, job_id: int, count: int) -> list[float]:
    """Return the total loss of a job's first steps, as it was recorded."""
    points = system.client("").get(f"/jobs/{job_id}/loss_history", last_step=count)
    by_step = {point["step"]: point["total_loss"] for point in points}
    return [by_step[step] for step in range(1, count + 1)]


def bare_run(model: str, *, steps: int, threads: int) -> Run:
    """Train with the bare loop."""
    arguments = ("--model", model, "--steps", str(steps))
    return Run(**_python("benchmarks.bare_loop", *arguments, threads=threads))


def bare_totals(model: str, count: int, *, threads: int) -> list[float]:
    """Return the total loss of the bare loop's first steps."""
    arguments = ("--model", model, "--steps", str(count), "--totals")
    printed = _python("benchmarks.bare_loop", *arguments, threads=threads)
    totals: list[float] = printed["totals"]
    return totals


def logging_run(model: str, *, steps: int, threads: int, loader_workers: int) -> Run:
    """Train with the DataLoader that logs to TensorBoard."""
    arguments = ["--model", model, "--steps", str(steps), "--loader-workers", str(loader_workers)]
    return Run(**_python("benchmarks.logging_loop", *arguments, threads=threads))


def torch_facts() -> dict[str, Any]:
    """Return torch's version and the device, as every side has them."""
    facts: dict[str, Any] = _printed([sys.executable, "-c", TORCH_FACTS])
    return facts


def storage_figures(*, points: int, rows: int) -> dict[str, dict[str, float]]:
    """Store and read losses both ways."""
    arguments = ("--points", str(points), "--rows", str(rows))
    figures: dict[str, dict[str, float]] = _python("benchmarks.loss_storage", *arguments)
    return figures


def chart_figures() -> dict[str, Any]:
    """Ask for the charts of jobs of very different lengths."""
    figures: dict[str, Any] = _python("benchmarks.chart_request")
    return figures


def _python(module: str, *arguments: str, threads: int | None = None) -> Any:
    """Run one of our modules in a process of its own; return what it prints."""
    return _printed([sys.executable, "-m", module, *arguments], threads=threads)


def _printed(command: list[str], *, threads: int | None = None) -> Any:
    env = os.environ if threads is None else {**os.environ, "OMP_NUM_THREADS": str(threads)}
    done = subprocess.run(command, cwd=ROOT, env=env, stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(done.stdout)
