"""The clicks of an operator: which pages, partials and calls there are, and how often each is."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

PAGE, PARTIAL, CALL, CHANGE = "page", "partial", "API read", "change"
SEARCHES = ("run", "ada", "baseline", "latent", "memory", "wide long", "12")
STATES = ("completed", "failed", "running")
SORTS = ("newest", "longest", "fastest", "loss")
ADMIN_SEARCHES = ("grace", "digit", "baseline", "load-3")


@dataclass(frozen=True)
class World:
    """What there is to be looked at.

    Attributes:
        slug: the experiment that trains.
        cards: the keys of its task cards.
        jobs: the jobs of each experiment, by its slug, oldest first.
        longest: the jobs with the most points.
    """

    slug: str
    live_job: int
    cards: tuple[int, ...]
    jobs: dict[str, list[int]]
    longest: tuple[int, ...]

    def place(self, chance: random.Random) -> tuple[str, int]:
        """Return an experiment and one of its jobs: as a rule those that train."""
        if chance.random() < 0.5:
            return self.slug, self.live_job
        slug = chance.choice([slug for slug, jobs in self.jobs.items() if jobs])
        return slug, chance.choice(self.jobs[slug])


@dataclass(frozen=True)
class Route:
    """A kind of click.

    Attributes:
        often: how often it is chosen, beside others.
        fields: of a form; None for a question.
    """

    kind: str
    name: str
    often: int
    path: Callable[[World, random.Random], str]
    fields: Callable[[random.Random], dict[str, Any]] | None = None


def _of_place(path: str) -> Callable[[World, random.Random], str]:
    """Return a maker of addresses: `path` with an experiment and a job of it filled in."""

    def make(world: World, chance: random.Random) -> str:
        slug, job = world.place(chance)
        return path.format(slug=slug, job=job)

    return make


def _search(world: World, chance: random.Random) -> str:
    slug, _ = world.place(chance)
    return f"/partials/jobs/?experiment={slug}&search={chance.choice(SEARCHES)}".replace(" ", "+")


def _sorted(world: World, chance: random.Random) -> str:
    slug, _ = world.place(chance)
    state = chance.choice(("", *STATES))
    return f"/partials/jobs/?experiment={slug}&sort={chance.choice(SORTS)}&state={state}"


def _compare(world: World, chance: random.Random) -> str:
    slug = max(world.jobs, key=lambda slug: len(world.jobs[slug]))
    jobs = chance.sample(world.jobs[slug], min(4, len(world.jobs[slug])))
    return "/job/compare/?" + "&".join(f"job={job}" for job in jobs)


def _admin_search(world: World, chance: random.Random) -> str:
    return f"/admin/trainer/job/?q={chance.choice(ADMIN_SEARCHES)}"


def _long_chart(world: World, chance: random.Random) -> str:
    job = chance.choice(world.longest)
    return f"/jobs/{job}/loss_history?max_points=2400&bands=true"


def _weight(world: World, chance: random.Random) -> str:
    card = chance.choice(world.cards)
    return f"/partials/cards/{card}/weight/?experiment={world.slug}"


EXPERIMENT = "?experiment={slug}"
ROUTES = (
    Route(PAGE, "workbench", 6, _of_place("/?experiment={slug}&job={job}")),
    Route(PAGE, "a job", 4, _of_place("/job/{job}/")),
    Route(PAGE, "checkpoints", 3, _of_place("/checkpoints/?experiment={slug}")),
    Route(PAGE, "data", 2, _of_place("/data/?experiment={slug}")),
    Route(PAGE, "experiments", 2, _of_place("/experiments/?experiment={slug}")),
    Route(PAGE, "four jobs side by side", 2, _compare),
    Route(PAGE, "classes", 1, _of_place("/registry/?experiment={slug}")),
    Route(PAGE, "recipes", 1, _of_place("/recipes/?experiment={slug}")),
    Route(PAGE, "latent", 1, _of_place("/latent/?experiment={slug}")),
    Route(PAGE, "admin: jobs", 1, lambda *_: "/admin/trainer/job/"),
    Route(PAGE, "admin: jobs, searched", 1, _admin_search),
    Route(PARTIAL, "jobs", 4, _of_place("/partials/jobs/?experiment={slug}")),
    Route(PARTIAL, "jobs, searched", 4, _search),
    Route(PARTIAL, "jobs, sorted and filtered", 3, _sorted),
    Route(PARTIAL, "curves", 3, _of_place("/partials/loss_curves/?experiment={slug}&job={job}")),
    Route(PARTIAL, "events", 2, _of_place("/partials/events/?experiment={slug}&job={job}")),
    Route(PARTIAL, "tasks", 3, _of_place("/partials/tasks/?experiment={slug}")),
    Route(PARTIAL, "run", 2, _of_place("/partials/run/?experiment={slug}")),
    Route(PARTIAL, "evaluations", 2, _of_place("/partials/eval/?experiment={slug}")),
    Route(PARTIAL, "checkpoint tree", 2, _of_place("/partials/checkpoints/tree/" + EXPERIMENT)),
    Route(CALL, "/jobs", 2, _of_place("/jobs?experiment={slug}")),
    Route(CALL, "/jobs/history", 3, _of_place("/jobs/history?experiment={slug}&limit=20")),
    Route(CALL, "/jobs/{id}", 2, _of_place("/jobs/{job}")),
    Route(
        CALL,
        "/jobs/{id}/loss_history",
        6,
        _of_place("/jobs/{job}/loss_history?max_points=2400&bands=true"),
    ),
    Route(CALL, "/jobs/{id}/loss_history, the longest jobs", 2, _long_chart),
    Route(CALL, "/jobs/{id}/events", 2, _of_place("/jobs/{job}/events")),
    Route(CALL, "/eval/history", 2, _of_place("/eval/history?experiment={slug}&limit=20")),
    Route(CALL, "/eval/curves", 2, _of_place("/eval/curves?job={job}")),
    Route(CALL, "/checkpoints/tree", 1, _of_place("/checkpoints/tree?experiment={slug}")),
    Route(CALL, "/tasks", 2, _of_place("/tasks?experiment={slug}")),
    Route(CALL, "/health", 3, lambda *_: "/health"),
    Route(
        CHANGE,
        "a weight",
        3,
        _weight,
        lambda chance: {"weight": round(chance.uniform(0.01, 0.5), 3)},
    ),
)
