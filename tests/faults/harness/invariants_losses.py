"""What must hold of losses: every step once, and every copy of a point agrees with the point."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from tests.faults.harness.evidence import Evidence, JobFacts, Level, Row

BUCKET_STEPS, FACTOR, ROW_BUCKETS = 64, 4, 64
CHANGES = ("set_weight", "set_enabled", "add_task", "remove_task", "restore_task")
Steps = NDArray[np.int64]
Losses = NDArray[np.float32]


def each_step_once(found: Evidence) -> list[str]:
    """The segments of a job are its steps from 1 to its last one, none twice, none missing."""
    wrong = []
    for job in found.jobs:
        next_step = 1
        for run in job.runs:
            if run.first_step != next_step:
                how = "is there twice" if run.first_step < next_step else "is missing"
                wrong.append(f"job {job.id}: step {min(run.first_step, next_step)} {how}")
            next_step = run.first_step + len(run.values)
        if next_step - 1 != job.row["current_step"]:
            wrong.append(
                f"job {job.id} is at step {job.row['current_step']}, and its points end at "
                f"{next_step - 1}"
            )
    return wrong


def tasks_follow_the_events(found: Evidence) -> list[str]:
    """Each step has the tasks and the weights that the events say, no more and no less."""
    wrong = []
    for job in found.jobs:
        problem = _first_difference(job)
        if problem:
            wrong.append(f"job {job.id}: {problem}")
    return wrong


class _Tasks:
    """The tasks of a job as its plan and then its events have them."""

    def __init__(self, plan: Row) -> None:
        tasks = plan["tasks"]
        self.weights = {str(task["name"]): float(task["weight"]) for task in tasks}
        self.disabled = {str(task["name"]) for task in tasks if not task["enabled"]}
        self.removed: set[str] = set()

    def apply(self, event: Row) -> None:
        detail = event["detail"]
        name = detail["task"]
        match event["kind"]:
            case "set_weight":
                self.weights[name] = detail["new"]
            case "set_enabled":
                (self.disabled.discard if detail["new"] else self.disabled.add)(name)
            case "add_task":
                self.weights[name] = detail["weight"]
                self.removed.discard(name)
                (self.disabled.discard if detail.get("enabled", True) else self.disabled.add)(name)
            case "remove_task":
                self.removed.add(name)
            case "restore_task":
                self.removed.discard(name)

    def at_work(self) -> dict[str, float]:
        off = self.disabled | self.removed
        return {name: weight for name, weight in self.weights.items() if name not in off}


def _first_difference(job: JobFacts) -> str:
    tasks = _Tasks(job.row["plan"])
    changes = [event for event in job.events if event["kind"] in CHANGES]
    changes.sort(key=lambda event: (event["step"], event["id"]))
    for run in job.runs:
        last_step = run.first_step + len(run.values) - 1
        while changes and changes[0]["step"] < run.first_step:
            tasks.apply(changes.pop(0))
        stored = dict(zip(run.names, run.weights, strict=True))
        expected = tasks.at_work()
        if stored != expected:
            return f"steps {run.first_step} to {last_step} have {stored}, not {expected}"
        while changes and changes[0]["step"] < last_step:
            step = changes[0]["step"]
            # Of several at one step, the last one counts: no step was done in between.
            while changes and changes[0]["step"] == step:
                tasks.apply(changes.pop(0))
            if tasks.at_work() != expected:
                return f"what was asked at step {step} is not in the points"
    return ""


def summaries_agree(found: Evidence) -> list[str]:
    """Counts, extremes, means and last losses of the summaries are those of the points."""
    wrong = []
    for job in found.jobs:
        points = job.points()
        rows = {"" if row["is_total"] else row["task_name"]: row for row in job.series}
        for name in sorted(points.keys() ^ rows.keys()):
            what = "no summary" if name in points else "a summary and no point"
            wrong.append(f"job {job.id}, {_shown(name)}: {what}")
        for name in sorted(points.keys() & rows.keys()):
            differences = _summary_differences(rows[name], *points[name])
            wrong += [f"job {job.id}, {_shown(name)}: {told}" for told in differences]
    return wrong


def _summary_differences(row: Row, steps: Steps, losses: Losses) -> list[str]:
    finite = losses[np.isfinite(losses)]
    expected: dict[str, Any] = {
        "count": len(finite),
        "nonfinite_count": len(losses) - len(finite),
        "last_step": int(steps[-1]),
        "last": float(losses[-1]) if np.isfinite(losses[-1]) else None,
        "minimum": float(finite.min()) if len(finite) else None,
        "maximum": float(finite.max()) if len(finite) else None,
    }
    wrong = [
        f"{name} is {row[name]}, of the points {value}"
        for name, value in expected.items()
        if row[name] != value
    ]
    if len(finite):
        mean = float(finite.mean(dtype=np.float64))
        if row["mean"] is None or not np.isclose(row["mean"], mean, rtol=1e-9, atol=1e-12):
            wrong.append(f"mean is {row['mean']}, of the points {mean}")
    return wrong


def levels_agree(found: Evidence) -> list[str]:
    """Each bucket of each stored level has the count and the extremes of the points in it."""
    wrong = []
    for job in found.jobs:
        points = job.points()
        indices: dict[int, list[int]] = {}
        for row in job.levels:
            indices.setdefault(row.level, []).append(row.index)
            wrong += [f"job {job.id}, {told}" for told in _level_differences(row, points)]
        for level, own in indices.items():
            if own != list(range(len(own))):
                wrong.append(f"job {job.id}, level {level} has the rows {own}")
        whole_rows = int(job.row["current_step"]) // (BUCKET_STEPS * ROW_BUCKETS)
        if len(indices.get(1, [])) > whole_rows:
            wrong.append(f"job {job.id}, level 1 is ahead of the points")
    return wrong


def _level_differences(row: Level, points: dict[str, tuple[Steps, Losses]]) -> list[str]:
    size = BUCKET_STEPS * FACTOR ** (row.level - 1)
    first = row.index * ROW_BUCKETS * size + 1
    for column, name in enumerate(row.names):
        steps, losses = points.get(name, (np.zeros(0, np.int64), np.zeros(0, np.float32)))
        for bucket in range(ROW_BUCKETS):
            begin = first + bucket * size
            inside = losses[np.searchsorted(steps, begin) : np.searchsorted(steps, begin + size)]
            inside = inside[np.isfinite(inside)]
            stored = row.table[bucket, column]
            expected = (len(inside), *((inside.min(), inside.max()) if len(inside) else (0, 0)))
            told = (stored["count"], stored["low"], stored["high"])
            if told != expected:
                where = f"level {row.level}, row {row.index}, bucket {bucket}, {_shown(name)}"
                return [f"{where}: {told}, of the points {expected}"]
    return []


def views_agree(found: Evidence) -> list[str]:
    """What a chart gets of a job is its points, with the true count and extremes of each bucket."""
    wrong = []
    for job in found.jobs:
        points = job.points()
        if job.view is None:
            wrong.append(f"job {job.id}: its chart was refused")
            continue
        bands = job.view["bands"]
        if bands.keys() != points.keys():
            wrong.append(f"job {job.id}: its chart has {sorted(bands)}, not {sorted(points)}")
            continue
        for name, band in bands.items():
            told = _band_difference(band, *points[name])
            if told:
                wrong.append(f"job {job.id}, {_shown(name)}: {told}")
    return wrong


def _band_difference(band: Row, steps: Steps, losses: Losses) -> str:
    finite = np.isfinite(losses)
    steps, losses = steps[finite], losses[finite]
    if sum(band["count"]) != len(losses):
        return f"its chart counts {sum(band['count'])} of {len(losses)} points"
    for first, last, low, high, count in zip(
        band["first_step"], band["last_step"], band["low"], band["high"], band["count"], strict=True
    ):
        inside = losses[np.searchsorted(steps, first) : np.searchsorted(steps, last + 1)]
        if len(inside) != count:
            return f"its chart counts {count} points from {first} to {last}, not {len(inside)}"
        if np.float32(low) != inside.min() or np.float32(high) != inside.max():
            return f"its chart has other extremes from {first} to {last}"
    return ""


def _shown(name: str) -> str:
    return f"task {name}" if name else "the total"
