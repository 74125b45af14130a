"""Operators who ask a running job for one thing after another, and what must come of it."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from tests.faults.system import TASKS, System
from tests.setup.waiting import wait_until

# What these change is told of in the order in which it was asked.
TASK_KINDS = ("set_weight", "set_enabled", "add_task", "remove_task", "restore_task")
WEIGHTS = (0.0, 0.01, 0.1, 0.5, 1.0, 2.5)


@dataclass
class Operator:
    """One client that asks at random; equal seeds ask for equal things."""

    system: System
    slug: str
    seed: int
    answers: list[tuple[int, Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)

    def ask(self, times: int) -> None:
        """Ask so often; whatever is answered is kept."""
        for _ in range(times):
            path, body = self._random.choice(self._wishes())()
            answer = self.system.answer("POST", f"{path}?experiment={self.slug}", body)
            self.answers.append(answer)

    def _wishes(self) -> list[Callable[[], tuple[str, dict[str, Any]]]]:
        # Resuming more often than pausing: the job is to get on.
        return [
            *[self._set_weight] * 4,
            *[lambda: (f"/tasks/{self._name()}/toggle", {"why": f"client {self.seed}"})] * 3,
            *[lambda: (f"/tasks/{self._name()}/remove", {})] * 2,
            *[lambda: (f"/tasks/{self._name()}/restore", {})] * 2,
            self._add,
            self._set_lr,
            lambda: ("/train/pause", {}),
            *[lambda: ("/train/resume", {})] * 3,
        ]

    def _name(self) -> str:
        return self._random.choice(["recon", "kl", "digit", "extra-1", "extra-2"])

    def _set_weight(self) -> tuple[str, dict[str, Any]]:
        return f"/tasks/{self._name()}/set_weight", {"weight": self._random.choice(WEIGHTS)}

    def _set_lr(self) -> tuple[str, dict[str, Any]]:
        return "/train/set_lr", {"lr": self._random.choice([1e-4, 3e-4, 1e-3])}

    def _add(self) -> tuple[str, dict[str, Any]]:
        return "/tasks/add", {
            "class_name": "ClassificationTask",
            "dataset_name": "digits",
            "name": self._random.choice(["extra-1", "extra-2"]),
            "weight": self._random.choice(WEIGHTS),
            "latent_slice": "0:4",
        }


def settled(system: System, job_id: int) -> list[dict[str, Any]]:
    """Wait until nothing is pending, and return what was asked of the job, in order."""
    path = f"/jobs/{job_id}/commands"
    wait_until(lambda: not system.get(f"{path}?state=pending"), "all commands answered")
    commands: list[dict[str, Any]] = system.get(path)
    return commands


def assert_each_answered_once_and_in_order(system: System, job_id: int) -> None:
    """Check that what was asked took effect once, or was refused with a reason, in order."""
    commands = settled(system, job_id)
    events = [event for event in system.get(f"/jobs/{job_id}/events") if event["command"]]
    told = {event["command"]: event for event in events}
    assert len(told) == len(events)
    for command in commands:
        event = told[command["id"]]
        assert event["step"] == command["step"]
        applied = command["state"] == "applied"
        assert event["kind"] == (command["kind"] if applied else "refused")
        assert applied or command["reason"]
    about_tasks = [command for command in commands if command["kind"] in TASK_KINDS]
    steps = [command["step"] for command in about_tasks]
    assert steps == sorted(steps)
    order = [event["command"] for event in sorted(events, key=lambda e: (e["step"], e["id"]))]
    ids = {command["id"] for command in about_tasks}
    assert [found for found in order if found in ids] == sorted(ids)


def assert_curve_follows(system: System, job_id: int) -> None:
    """Check that each step has the tasks and weights that the events say, no more and no less."""
    weights = {str(task["name"]): float(task.get("weight", 1.0)) for task in TASKS}
    off: set[str] = set()
    points: dict[int, dict[str, float]] = {}
    for point in system.get(f"/jobs/{job_id}/loss_history"):
        points.setdefault(point["step"], {})[point["task_name"]] = point["weight"]
    events = system.get(f"/jobs/{job_id}/events")
    changes = [event for event in events if event["kind"] in TASK_KINDS]
    changes.sort(key=lambda event: (event["step"], event["id"]))
    disabled: set[str] = set()
    for step in range(1, max(points) + 1):
        while changes and changes[0]["step"] < step:
            _apply(changes.pop(0), weights, off, disabled)
        assert points[step] == {
            name: weight for name, weight in weights.items() if name not in off | disabled
        }, f"step {step}"


def _apply(
    event: dict[str, Any], weights: dict[str, float], off: set[str], disabled: set[str]
) -> None:
    detail = event["detail"]
    name = detail["task"]
    match event["kind"]:
        case "set_weight":
            assert detail["old"] == weights[name]
            weights[name] = detail["new"]
        case "set_enabled":
            assert detail["old"] == (name not in disabled)
            (disabled.discard if detail["new"] else disabled.add)(name)
        case "add_task":
            weights[name] = detail["weight"]
            off.discard(name)
            disabled.discard(name)
        case "remove_task":
            off.add(name)
        case "restore_task":
            off.remove(name)


def assert_chart_is_true(system: System, job_id: int) -> None:
    """Check that the thinned curves hold points of the exact ones, with the extremes of each."""
    exact: dict[str, dict[int, float]] = {}
    for point in system.get(f"/jobs/{job_id}/loss_history"):
        exact.setdefault(point["task_name"], {})[point["step"]] = point["task_loss"]
    shown = system.get(f"/jobs/{job_id}/loss_history?max_points=50")["series"]
    assert shown.keys() == exact.keys()
    for name, column in shown.items():
        points = dict(zip(column["step"], column["loss"], strict=True))
        assert points.items() <= exact[name].items(), name
        assert min(points.values()) == min(exact[name].values()), name
        assert max(points.values()) == max(exact[name].values()), name


def latencies(commands: list[dict[str, Any]]) -> list[float]:
    """Return how long each applied command took from asking to its effect's record, in seconds."""
    return sorted(
        (
            datetime.fromisoformat(command["resolved_at"])
            - datetime.fromisoformat(command["asked_at"])
        ).total_seconds()
        for command in commands
        if command["state"] == "applied"
    )
