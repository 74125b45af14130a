"""What open pages cost a job: its pace with nobody looking and with many, in turns."""

import json
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from typing import Any

import psutil

from acc.verification.client import Client, wait_for
from acc.verification.system import ROOT, ThrowawaySystem, throwaway_system
from benchmarks.comparison import Figure
from benchmarks.crowd import CLOCK, CLOCK_SECONDS
from benchmarks.sides import experiment_make

VIEWERS = 200
WINDOW_SECONDS = 15.0
# After viewers have come or gone, before anything counts.
SETTLE_SECONDS = 2.0
CLOCK_TASK = f'''"""A task whose loss is the time."""

import time

import torch
from acc.tasks.base import Task


class ClockTask(Task):
    """Loses the time at which its step is made, so that a point tells its age wherever it is."""

    def check_compatible(self, autoencoder, dataset):
        pass

    def _build_head(self, latent_dim):
        return None

    def compute_loss(self, model_output, batch):
        now = time.time() % {CLOCK_SECONDS}
        return torch.tensor(now, device=self._get_latent(model_output).device)

    def evaluate(self, autoencoder, device):
        return {{}}
'''


@dataclass(frozen=True)
class Window:
    """A stretch of time with so many viewers; `cpu` is seconds of processor a second, by part."""

    viewers: int
    began: float
    ended: float
    cpu: dict[str, float]
    received: dict[str, Any] | None


def figures(*, rounds: int, seconds: float = WINDOW_SECONDS) -> dict[str, Any]:
    """Let one job train, with and without viewers in turn; return what both came to."""
    with throwaway_system() as system:
        client = system.client("viewers")
        job = _endless_job(system, client)
        windows = []
        for number in range(rounds):
            turn = (0, VIEWERS)[:: 1 if number % 2 == 0 else -1]
            windows += [_window(system, client, count, seconds) for count in turn]
        client.post("/train/stop")
        clock = _clock(client, job)
    paces: dict[int, list[float]] = {0: [], VIEWERS: []}
    for window in windows:
        paces[window.viewers].append(_pace(clock, window))
    watched = [window for window in windows if window.received is not None]
    pairs = zip(paces[VIEWERS], paces[0], strict=True)
    return {
        "viewers": VIEWERS,
        "pace": {str(count): asdict(Figure.of(values)) for count, values in paces.items()},
        "ratio": asdict(Figure.of([seen / unseen for seen, unseen in pairs])),
        "received": [window.received for window in watched],
        "cpu": {
            str(count): [window.cpu for window in windows if window.viewers == count]
            for count in paces
        },
    }


def _endless_job(system: ThrowawaySystem, client: Client) -> int:
    clock_attach(system, client)
    job: int = client.post("/train/start", steps=10_000_000)["id"]
    wait_for(lambda: client.get(f"/jobs/{job}")["current_step"] > 0, seconds=60, what="a step")
    return job


def clock_attach(system: ThrowawaySystem, client: Client) -> None:
    """Make the client's experiment, with a clock among its tasks."""
    (system.tasks / "clock.py").write_text(CLOCK_TASK)
    experiment_make(client, "ConvVAE")
    wait_for(
        lambda: any(offer["class_name"] == "ClockTask" for offer in client.get("/registry/tasks")),
        seconds=10,
        what="the clock is on offer",
    )
    # Without a weight it takes no part in what the model learns.
    client.post("/tasks/add", class_name="ClockTask", name=CLOCK, dataset_name="digits", weight=0.0)


def _window(system: ThrowawaySystem, client: Client, count: int, seconds: float) -> Window:
    if count == 0:
        time.sleep(SETTLE_SECONDS)
        return _measured(system, 0, seconds)
    command = [sys.executable, "-m", "benchmarks.crowd", client.live_url(), str(count)]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, cwd=ROOT, stdin=pipe, stdout=pipe, text=True) as crowd:
        try:
            assert crowd.stdin is not None
            assert crowd.stdout is not None
            if not crowd.stdout.readline():
                raise RuntimeError("the viewers could not connect")
            time.sleep(SETTLE_SECONDS)
            crowd.stdin.write("count\n")
            crowd.stdin.flush()
            window = _measured(system, count, seconds)
            received = json.loads(crowd.communicate(timeout=60)[0])
        finally:
            crowd.kill()
    cpu = window.cpu | {"viewers": received["cpu_seconds"] / (window.ended - window.began)}
    return Window(count, window.began, window.ended, cpu, received)


def _measured(system: ThrowawaySystem, count: int, seconds: float) -> Window:
    before, began = _cpu_seconds(system), time.time()
    time.sleep(seconds)
    after, ended = _cpu_seconds(system), time.time()
    cpu = {part: (after[part] - before[part]) / (ended - began) for part in after}
    return Window(count, began, ended, cpu, None)


def _cpu_seconds(system: ThrowawaySystem) -> dict[str, float]:
    """Return how long each part of the system has had a processor."""
    main = psutil.Process(system.pid)
    parts = {"job": 0.0, "web": 0.0, "valkey": 0.0, "other": 0.0}
    for process in [main, *main.children(recursive=True)]:
        words = " ".join(process.cmdline())
        part = "other"
        if "daphne" in words:
            part = "web"
        elif "valkey" in words:
            part = "valkey"
        elif "-Q train" in words:
            part = "job"
        times = process.cpu_times()
        parts[part] += times.user + times.system
    return parts


def _clock(client: Client, job: int) -> list[float]:
    """Return when each step was made."""
    points = client.get(f"/jobs/{job}/loss_history")
    return [point["task_loss"] for point in points if point["task_name"] == CLOCK]


def _pace(clock: list[float], window: Window) -> float:
    """Return the steps a second in a window, by the job's own clock."""
    length = window.ended - window.began
    since = [(time - window.began) % CLOCK_SECONDS for time in clock]
    inside = [age for age in since if age <= length]
    return (len(inside) - 1) / (max(inside) - min(inside))
