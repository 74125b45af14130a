"""What people do to a system all day: jobs, evaluations, weights, task files, pages."""

import itertools
import random
import threading
from collections import Counter
from collections.abc import Callable
from http import HTTPStatus

from acc.verification.client import RefusedError
from acc.verification.system import ThrowawaySystem
from benchmarks.sides import experiment_make
from benchmarks.visitor import Visitor

JOB_STEPS = 1500
STATES_KEPT = 5
PAGES = (
    "/",
    "/?{slug}",
    "/checkpoints/?{slug}",
    "/data/?{slug}",
    "/latent/?{slug}",
    "/experiments/?{slug}",
    "/registry/?{slug}",
    "/recipes/?{slug}",
    "/job/{job}/",
    "/admin/trainer/job/",
)
PARTIALS = (
    "/partials/jobs/?{slug}",
    "/partials/jobs/?{slug}&search=a&sort=loss",
    "/partials/tasks/?{slug}",
    "/partials/events/?{slug}",
    "/partials/eval/?{slug}",
    "/partials/run/?{slug}",
)
TASK_FILE = '''"""A task that was saved {times} times."""

import torch
from acc.tasks.base import Task


class SoakTask(Task):
    """Loses nothing, for the {times}th time."""

    def check_compatible(self, autoencoder, dataset):
        pass

    def _build_head(self, latent_dim):
        return None

    def compute_loss(self, model_output, batch):
        return torch.zeros(())

    def evaluate(self, autoencoder, device):
        return {{}}
'''


class Traffic:
    """Does all of it, each kind of thing on a thread of its own, until it is told to stop.

    Attributes:
        done: how often each kind of thing was done.
        failed: how often it was refused or not answered.
        said: the last failure of each kind.
    """

    def __init__(self, system: ThrowawaySystem, *, slug: str, seed: int) -> None:
        """Make the experiment; nothing happens yet."""
        self.done: Counter[str] = Counter()
        self.failed: Counter[str] = Counter()
        self.said: dict[str, str] = {}
        self._system, self._client = system, system.client(slug)
        self._chance = random.Random(seed)
        self._ended = threading.Event()
        self._saves = itertools.count(1)
        self._job = 0
        experiment_make(self._client, "ConvVAE")
        self._client.post("/checkpoints/keep", last=STATES_KEPT)
        # One for each thread: a connection carries one question at a time.
        self._reader, self._watcher = (Visitor(system.sign_in_link()) for _ in range(2))
        kinds: dict[str, tuple[Callable[[], object], float]] = {
            "jobs": (self._train, 0.5),
            "weights": (self._set_weight, 3.0),
            "evaluations": (lambda: self._client.post("/eval/run"), 20.0),
            "reconstructions": (lambda: self._client.post("/eval/reconstructions"), 45.0),
            "looks at the latent": (lambda: self._client.post("/eval/latent"), 90.0),
            "task files": (self._save, 10.0),
            "pages": (self._look, 1.0),
            "charts": (self._chart, 2.0),
        }
        self._threads = [
            threading.Thread(target=self._repeat, args=(kind, *what), name=kind, daemon=True)
            for kind, what in kinds.items()
        ]

    def start(self) -> None:
        """Begin with everything."""
        for thread in self._threads:
            thread.start()

    def end(self) -> None:
        """Begin nothing more, and wait for what is under way."""
        self._ended.set()
        for thread in self._threads:
            thread.join(timeout=60)

    def _repeat(self, kind: str, act: Callable[[], object], seconds: float) -> None:
        while not self._ended.wait(seconds):
            try:
                if act() is not None:
                    self.done[kind] += 1
            except (OSError, RefusedError, RuntimeError) as error:
                self.failed[kind] += 1
                self.said[kind] = str(error)[:300]

    def _train(self) -> dict[str, object] | None:
        """Start the next job where none is in progress."""
        if self._job:
            job = self._client.get(f"/jobs/{self._job}")
            if job["state"] in {"queued", "running", "paused", "interrupted"}:
                return None
        started: dict[str, object] = self._client.post("/train/start", steps=JOB_STEPS)
        self._job = int(str(started["id"]))
        return started

    def _set_weight(self) -> object:
        weight = round(self._chance.uniform(0.05, 0.5), 3)
        return self._client.post("/tasks/digit/set_weight", weight=weight)

    def _save(self) -> int:
        """Save a task file anew; each fifth time one that does not load."""
        times = next(self._saves)
        text = TASK_FILE.format(times=times)
        broken = "" if times % 5 else "\n\ndef broken(:\n"
        return (self._system.tasks / "soak.py").write_text(text + broken)

    def _look(self) -> int:
        return self._ask(self._reader, self._chance.choice([*PAGES, *PARTIALS]))

    def _chart(self) -> int:
        return self._ask(self._watcher, "/jobs/{job}/loss_history?max_points=2400&bands=true")

    def _ask(self, visitor: Visitor, path: str) -> int:
        asked = path.format(slug=f"experiment={self._client.experiment}", job=self._job)
        answer = visitor.get(asked, is_partial="/partials/" in asked)
        if answer.status != HTTPStatus.OK:
            raise RuntimeError(f"{asked}: {answer.status}")
        return answer.status
