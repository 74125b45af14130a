"""What the checks act on, and what they hand on to each other."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from acc.verification.client import Client, RefusedError, wait_for
from acc.verification.system import ThrowawaySystem

Json = dict[str, Any]

# The patience of a busy machine: what has to be quick has its own limit.
JOB_SECONDS = 120.0
FIRST_STEP_SECONDS = 120.0
STEERED_SECONDS = 120.0
ENDED = {"completed", "failed", "stopped"}
# Its loss lies between the width of what it gets and one more, and so tells that width.
DUMMY = '''"""A task of the milestone's verification; removed afterwards."""

from acc.tasks.base import Task


class {name}(Task):
    """Pulls the latent towards zero, version {version}."""

    def check_compatible(self, autoencoder, dataset):
        pass

    def _build_head(self, latent_dim):
        return None

    def compute_loss(self, model_output, batch):
        latent = self._get_latent(model_output)
        return latent.square().mean().tanh() + latent.shape[1]

    def evaluate(self, autoencoder, device):
        return {{"version": {version}}}
'''


@dataclass
class World:
    """What the checks act on and hand on to each other.

    Attributes:
        tasks: a directory of task files that the system follows.
        system: the system where it is ours to restart.
        suffix: makes the names of files and classes unique.
        job: the job that was watched live.
        told: its live messages of losses.
        history: its stored points.
        untrained: what an evaluation found before it.
    """

    client: Client
    tasks: Path
    suffix: str
    system: ThrowawaySystem | None = None
    job: int = 0
    told: list[Json] = field(default_factory=list)
    history: list[Json] = field(default_factory=list)
    untrained: Json = field(default_factory=dict)

    @property
    def class_name(self) -> str:
        """The class of the task file."""
        return f"Dummy{self.suffix}Task"

    @property
    def file(self) -> Path:
        """The task file."""
        return self.tasks / f"dummy_{self.suffix.lower()}_task.py"

    def save(self, version: int) -> None:
        """Write the task file."""
        self.file.write_text(DUMMY.format(name=self.class_name, version=version))

    def offered(self, class_name: str) -> Json | None:
        """Return a task class on offer."""
        offers = self.client.get("/registry/tasks")
        return next((offer for offer in offers if offer["class_name"] == class_name), None)

    def broken(self) -> Json | None:
        """Return the error of the task file."""
        errors = self.client.get("/registry/errors")
        return next((error for error in errors if Path(error["file"]).name == self.file.name), None)

    def attached(self) -> dict[str, Json]:
        """Return the attached tasks by name."""
        return {task["name"]: task for task in self.client.get("/tasks")}

    def train(self, steps: int) -> Json:
        """Run a job to its end; return it."""
        job = self.client.post("/train/start", steps=steps, seed=1)["id"]
        done = self._ended(job)
        assert done["state"] == "completed", f"job {job} is {done['state']}: {done['error']}"
        return done

    @contextlib.contextmanager
    def training(self) -> Iterator[int]:
        """Have a job train for as long as the context lasts, then stop it; yield its id."""
        job = self.client.post("/train/start", steps=1_000_000, batch_size=16, seed=1)["id"]
        try:
            yield job
        finally:
            with contextlib.suppress(RefusedError):  # it may have failed already, and says why
                self.client.post("/train/stop")
            done = self._ended(job)
        assert done["state"] == "stopped", f"job {job} is {done['state']}: {done['error']}"

    def newest(self, job: int) -> dict[str, Json]:
        """Return the points of a job's newest stored step by their tasks; {} before the first."""
        step = self.client.get(f"/jobs/{job}")["current_step"]
        points = self.client.get(f"/jobs/{job}/loss_history", after_step=max(0, step - 1))
        return {point["task_name"]: point for point in points if point["step"] == step}

    def steps(self, job: int) -> list[list[Json]]:
        """Return a job's stored points, step by step.

        Raises:
            AssertionError: a step is missing or out of order, or a total is not the weighted sum.
        """
        by_step: dict[int, list[Json]] = {}
        for point in self.client.get(f"/jobs/{job}/loss_history"):
            by_step.setdefault(point["step"], []).append(point)
        assert list(by_step) == list(range(1, len(by_step) + 1)), (
            "steps are missing or out of order"
        )
        for step, points in by_step.items():
            total = sum(point["task_loss"] * point["weight"] for point in points)
            for point in points:
                told = point["total_loss"]
                assert math.isclose(total, told, rel_tol=1e-4), (
                    f"step {step}: {total} is not {told}"
                )
        return list(by_step.values())

    def _ended(self, job: int) -> Json:
        def ended() -> Json | None:
            found: Json = self.client.get(f"/jobs/{job}")
            return found if found["state"] in ENDED else None

        done: Json = wait_for(ended, seconds=JOB_SECONDS, what=f"the end of job {job}")
        return done
