"""What the checks act on, and what they hand on to each other."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from acc.verification.client import Client, wait_for
from acc.verification.system import ThrowawaySystem

JOB_SECONDS = 60.0
DUMMY = '''"""A task of the milestone's verification; removed afterwards."""

from acc.tasks.base import Task


class {name}(Task):
    """Pulls the latent towards zero, {words}."""

    def check_compatible(self, autoencoder, dataset):
        pass

    def _build_head(self, latent_dim):
        return None

    def compute_loss(self, model_output, batch):
        return self._get_latent(model_output).square().mean()

    def evaluate(self, autoencoder, device):
        return {{"size": 0.5}}
'''


@dataclass
class World:
    """What the checks act on and hand on to each other.

    Attributes:
        tasks: a directory of task files that the system follows.
        system: the system where it is ours to restart.
        suffix: makes the names of files and classes unique.
    """

    client: Client
    tasks: Path
    suffix: str
    system: ThrowawaySystem | None = None
    job: int = 0
    history: list[dict[str, Any]] = field(default_factory=list)

    @property
    def class_name(self) -> str:
        """The class of the task file."""
        return f"Dummy{self.suffix}Task"

    @property
    def file(self) -> Path:
        """The task file."""
        return self.tasks / f"dummy_{self.suffix.lower()}_task.py"

    def save(self, words: str) -> None:
        """Write the task file."""
        self.file.write_text(DUMMY.format(name=self.class_name, words=words))

    def offered(self, class_name: str) -> dict[str, Any] | None:
        """Return a task class on offer."""
        offers = self.client.get("/registry/tasks")
        return next((offer for offer in offers if offer["class_name"] == class_name), None)

    def broken(self) -> dict[str, Any] | None:
        """Return the error of the task file."""
        errors = self.client.get("/registry/errors")
        return next((error for error in errors if Path(error["file"]).name == self.file.name), None)

    def train(self, steps: int) -> dict[str, Any]:
        """Run a job to its end; return it."""
        job = self.client.post("/train/start", steps=steps, seed=1)["id"]

        def ended() -> dict[str, Any] | None:
            found: dict[str, Any] = self.client.get(f"/jobs/{job}")
            return found if found["state"] in {"completed", "failed", "stopped"} else None

        done: dict[str, Any] = wait_for(ended, seconds=JOB_SECONDS, what=f"the end of job {job}")
        assert done["state"] == "completed", f"job {job} is {done['state']}: {done['error']}"
        return done
