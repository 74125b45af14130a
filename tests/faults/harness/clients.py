"""People and scripts at work while faults come: they start jobs, steer, evaluate, save and look."""

import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.faults.harness.http import Answer, Caller
from tests.faults.system import TASKS

WEIGHTS = (0.0, 0.01, 0.1, 0.5, 1.0, 2.5)
NAMES = ("recon", "kl", "digit", "extra-1", "extra-2")
STEPS = (500, 1500, 6000, 20000)
PREPARE_TIMES = 40
OFFER_SECONDS = 300.0

RECIPE = '''
from acc.recipes.base import Recipe


class FaultsRecipe(Recipe):
    """A start and a branch, twice."""

    def plan(self):
        return {f"seed {seed}, {part}": 150 for seed in range(2) for part in "ab"}

    def run(self, ctx):
        for seed in range(2):
            with ctx.phase(f"seed {seed}, a"):
                ctx.create_model("ConvVAE", {"latent_dim": 8})
                data = ctx.load_dataset("digits")
                ctx.attach_task("ReconstructionTask", data, name="recon")
                ctx.train(150, batch_size=16, seed=seed)
                start = ctx.save_checkpoint(f"start {seed}")
            with ctx.phase(f"seed {seed}, b"):
                ctx.fork(start, f"b{seed}")
                ctx.attach_task("KLDivergenceTask", data, name="kl", weight=0.01)
                ctx.train(150, batch_size=16, seed=seed)
                ctx.report("kl", seed=seed, metrics=ctx.evaluate())
'''


@dataclass(frozen=True)
class Wish:
    """Something to ask: a path, and what it takes."""

    path: str
    body: dict[str, Any]
    method: str = "POST"
    takes_why: bool = True


def wait_for_offers(caller: Caller) -> None:
    """Wait until the classes that the clients use are on offer.

    Raises:
        RuntimeError: they do not come.
    """
    wanted = {"models": "ConvVAE", "recipes": "FaultsRecipe", "tasks": "ClassificationTask"}
    give_up_at = time.monotonic() + OFFER_SECONDS
    for registry, class_name in wanted.items():
        while class_name not in {
            row["class_name"] for row in caller.get(f"/registry/{registry}") or []
        }:
            if time.monotonic() > give_up_at:
                raise RuntimeError(f"{class_name} does not come on offer")
            time.sleep(1)


def prepare(caller: Caller, slug: str) -> None:
    """Make a small experiment on digits with three tasks.

    Raises:
        RuntimeError: it is refused.
    """
    model = {"class_name": "ConvVAE", "config": {"latent_dim": 8}, "experiment": slug}
    calls: list[tuple[str, dict[str, Any]]] = [
        ("/model/create", model),
        ("/datasets/load_builtin", {"name": "digits", "image_size": 32}),
        *((f"/tasks/add?experiment={slug}", {**task, "dataset_name": "digits"}) for task in TASKS),
    ]
    for path, body in calls:
        for _ in range(PREPARE_TIMES):
            answer = caller.ask("POST", path, body)
            if answer.status not in {None, 503}:
                break
            time.sleep(1)  # a machine that is slow, or whose fault before this one is not over
        if not answer.is_good:
            raise RuntimeError(f"{path}: {answer.status} {answer.text}")


class Operator(threading.Thread):
    """One person who asks one experiment for one thing after another, until told to go home."""

    def __init__(self, caller: Caller, slug: str, number: int, seed: int) -> None:
        super().__init__(name=f"operator-{number}", daemon=True)
        self.slug = slug
        self.gone_home = threading.Event()
        self._caller = caller
        self._number = number
        self._asked = 0
        self._chance = random.Random(seed * 1000 + number)

    def run(self) -> None:
        """Ask, with pauses in between."""
        while not self.gone_home.wait(self._chance.uniform(0.05, 1.2)):
            self.ask(self._chance.choice(self._wishes())())

    def ask(self, wish: Wish) -> Answer:
        """Ask for one thing; the token in its `why` tells it from all others."""
        self._asked += 1
        why = f"o{self._number}-{self._asked}"
        body = {**wish.body, "why": why} if wish.takes_why else wish.body
        path = wish.path + ("&" if "?" in wish.path else "?") + f"experiment={self.slug}"
        return self._caller.ask(wish.method, path, body, why=why if wish.takes_why else "")

    def _wishes(self) -> list[Callable[[], Wish]]:
        # Resuming more often than pausing, starting more often than stopping: jobs are to get on.
        return [
            *[self._start] * 8,
            *[self._set_weight] * 6,
            *[lambda: Wish(f"/tasks/{self._task()}/toggle", {})] * 4,
            *[lambda: Wish(f"/tasks/{self._task()}/remove", {})] * 2,
            *[lambda: Wish(f"/tasks/{self._task()}/restore", {})] * 3,
            *[self._add] * 2,
            *[self._set_lr] * 3,
            *[lambda: Wish("/train/pause", {})] * 2,
            *[lambda: Wish("/train/resume", {})] * 6,
            lambda: Wish("/train/stop", {}),
            *[lambda: Wish("/checkpoints/save", {"tag": self._tag()}, takes_why=False)] * 2,
            *[lambda: Wish("/eval/run", {}, takes_why=False)] * 2,
            lambda: Wish("/eval/reconstructions", {"n": 2}, takes_why=False),
            *[self._look] * 5,
        ]

    def _task(self) -> str:
        return self._chance.choice(NAMES)

    def _tag(self) -> str:
        return f"t{self._number}-{self._asked}"

    def _start(self) -> Wish:
        body = {
            "steps": self._chance.choice(STEPS),
            "seed": self._chance.randrange(100),
            "batch_size": 16,
            "eval_every": self._chance.choice([0, 0, 0, 400]),
        }
        return Wish("/train/start", body, takes_why=False)

    def _set_weight(self) -> Wish:
        body = {"weight": self._chance.choice(WEIGHTS)}
        return Wish(f"/tasks/{self._task()}/set_weight", body)

    def _set_lr(self) -> Wish:
        return Wish("/train/set_lr", {"lr": self._chance.choice([1e-4, 3e-4, 1e-3])})

    def _add(self) -> Wish:
        body = {
            "class_name": "ClassificationTask",
            "dataset_name": "digits",
            "name": self._chance.choice(NAMES[3:]),
            "weight": self._chance.choice(WEIGHTS),
            "latent_slice": "0:4",
        }
        return Wish("/tasks/add", body)

    def _look(self) -> Wish:
        path = self._chance.choice(
            ["/health", "/jobs", "/jobs/history?limit=5", "/tasks", "/eval/history?limit=5"]
        )
        return Wish(path, {}, method="GET", takes_why=False)


class RecipeRunner(threading.Thread):
    """Runs one recipe after another, until told to go home."""

    def __init__(self, caller: Caller, seed: int) -> None:
        super().__init__(name="recipes", daemon=True)
        self.gone_home = threading.Event()
        self._caller = caller
        self._chance = random.Random(seed)

    def run(self) -> None:
        """Ask for a run now and then; while one is at work that is refused."""
        while not self.gone_home.wait(self._chance.uniform(5, 25)):
            self._caller.ask("POST", "/recipes/FaultsRecipe/run", {})
