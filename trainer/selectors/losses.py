"""Stored losses: exact, or thinned so that every spike stays."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from django.db.models import Subquery, Value
from django.db.models.functions import Coalesce
from numpy.typing import NDArray

from trainer.live.events import NonFinite, json_numbers, nonfinite_name
from trainer.models import Job, LossSegment

# At most this many segments are in memory at once, some megabytes.
PAGE_SEGMENTS = 50


@dataclass(frozen=True)
class LossRun:
    """Consecutive steps with the same tasks and weights.

    Attributes:
        values_ST: float32 losses, [steps, tasks + 1]; the last column is the total.
        present_ST: which task took part in which step, [steps, tasks]; None for all in all.
    """

    first_step: int
    task_names: tuple[str, ...]
    weights: tuple[float, ...]
    values_ST: NDArray[np.float32]
    present_ST: NDArray[np.bool_] | None

    @property
    def last_step(self) -> int:
        """The step of the last row."""
        return self.first_step + len(self.values_ST) - 1

    def between(self, first_step: int, last_step: int) -> "LossRun":
        """Return the rows from `first_step` to `last_step`, both included."""
        rows = slice(max(0, first_step - self.first_step), max(0, last_step - self.first_step + 1))
        return LossRun(
            max(self.first_step, first_step),
            self.task_names,
            self.weights,
            self.values_ST[rows],
            None if self.present_ST is None else self.present_ST[rows],
        )


def segment_unpack(segment: LossSegment) -> LossRun:
    """Return the points of one stored segment."""
    task_count = len(segment.task_names)
    values_ST = np.frombuffer(segment.values, dtype="<f4").reshape(-1, task_count + 1)
    present_ST = None
    if segment.present:
        bits = np.unpackbits(np.frombuffer(segment.present, dtype=np.uint8))
        cell_count = segment.step_count * task_count
        present_ST = bits[:cell_count].reshape(-1, task_count).astype(np.bool_)
    return LossRun(
        segment.first_step,
        tuple(segment.task_names),
        tuple(segment.weights),
        values_ST,
        present_ST,
    )


def loss_runs(job: Job, *, after_step: int = 0, last_step: int | None = None) -> Iterator[LossRun]:
    """Yield a job's losses in order, from the step after `after_step` to `last_step`.

    A query a page, each from the step that was reached: a slow reader holds nothing open, and
    segments that are merged meanwhile are found again.
    """
    page_is_full = True
    while page_is_full:
        page = _segments_from(job, after_step + 1, last_step)
        page_is_full = len(page) == PAGE_SEGMENTS
        for segment in page:
            run = segment_unpack(segment)
            run = run.between(after_step + 1, run.last_step if last_step is None else last_step)
            if len(run.values_ST):
                after_step = run.last_step
                yield run


def _segments_from(job: Job, first_step: int, last_step: int | None) -> list[LossSegment]:
    """Return a page of segments, the first of which may hold steps before `first_step`."""
    segments = LossSegment.objects.filter(job=job).order_by("first_step")
    begun = segments.filter(first_step__lte=first_step).order_by("-first_step")
    # One statement: between two, a merge could replace the segment that was found.
    segments = segments.filter(
        first_step__gte=Coalesce(Subquery(begun.values("first_step")[:1]), Value(0))
    )
    if last_step is not None:
        segments = segments.filter(first_step__lte=last_step)
    return list(segments[:PAGE_SEGMENTS])


def loss_points(job: Job, *, after_step: int = 0) -> Iterator[dict[str, Any]]:
    """Yield every recorded point in order: by step, then in the order of the tasks."""
    for run in loss_runs(job, after_step=after_step):
        yield from _points_of(run)


def _points_of(run: LossRun) -> Iterator[dict[str, Any]]:
    finite_ST = np.isfinite(run.values_ST)
    for row, losses in enumerate(run.values_ST.tolist()):
        total = losses[-1] if finite_ST[row, -1] else None
        for column, (name, weight) in enumerate(zip(run.task_names, run.weights, strict=True)):
            if run.present_ST is not None and not run.present_ST[row, column]:
                continue
            point = {
                "step": run.first_step + row,
                "task_name": name,
                "task_loss": losses[column] if finite_ST[row, column] else None,
                "weight": weight,
                "total_loss": total,
            }
            if not finite_ST[row, column]:
                point["nonfinite"] = nonfinite_name(losses[column])
            yield point


def loss_columns(
    job: Job, *, max_points: int, after_step: int = 0, last_step: int | None = None
) -> dict[str, Any]:
    """Return at most `max_points` points a series, in columns.

    Steps are cut into buckets; of each bucket the points of the smallest and the largest loss
    stay, and one that is not finite if there is one, so that no spike of a single step is lost.
    """
    steps: dict[str, list[NDArray[np.int64]]] = {}
    losses: dict[str, list[NDArray[np.float32]]] = {}
    for run in loss_runs(job, after_step=after_step, last_step=last_step):
        steps_S = np.arange(run.first_step, run.first_step + len(run.values_ST))
        for column, name in enumerate((*run.task_names, "")):
            rows = slice(None)
            if run.present_ST is not None and name:
                rows = np.flatnonzero(run.present_ST[:, column])  # type: ignore[assignment]
            steps.setdefault(name, []).append(steps_S[rows])
            losses.setdefault(name, []).append(run.values_ST[rows, column])
    columns: dict[str, Any] = {}
    nonfinite: list[NonFinite] = []
    for name, parts in steps.items():
        steps_N, losses_N = _thinned(
            np.concatenate(parts), np.concatenate(losses[name]), max_points
        )
        columns[name] = {"step": steps_N.tolist(), "loss": json_numbers(losses_N)}
        nonfinite += [
            {"step": int(step), "task_name": name, "value": nonfinite_name(float(loss))}
            for step, loss in zip(steps_N, losses_N, strict=True)
            if not np.isfinite(loss)
        ]
    total = columns.pop("", {"step": [], "loss": []})
    return {"job": job.pk, "series": columns, "total": total, "nonfinite": nonfinite}


def _thinned(
    steps_N: NDArray[np.int64], losses_N: NDArray[np.float32], max_points: int
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    if len(losses_N) <= max_points:
        return steps_N, losses_N
    kept = _extremes(losses_N, max_points)
    return steps_N[kept], losses_N[kept]


def _extremes(losses_N: NDArray[np.float32], max_points: int) -> NDArray[np.int64]:
    """Return the indices of the ends and of each bucket's extremes and first non-finite loss."""
    broken = not np.isfinite(losses_N).all()
    bucket_count = max(1, (max_points - 2) // (3 if broken else 2))
    size = -(-len(losses_N) // bucket_count)
    table_BS = np.pad(losses_N, (0, -len(losses_N) % size), mode="edge").reshape(-1, size)
    starts_B = np.arange(len(table_BS)) * size
    ends = np.array([0, len(losses_N) - 1])
    if not broken:
        kept = [ends, starts_B + table_BS.argmin(axis=1), starts_B + table_BS.argmax(axis=1)]
    else:
        finite_BS = np.isfinite(table_BS)
        odd_B = ~finite_BS.all(axis=1)
        kept = [
            ends,
            starts_B + np.where(finite_BS, table_BS, np.inf).argmin(axis=1),
            starts_B + np.where(finite_BS, table_BS, -np.inf).argmax(axis=1),
            starts_B[odd_B] + (~finite_BS[odd_B]).argmax(axis=1),
        ]
    return np.unique(np.minimum(np.concatenate(kept), len(losses_N) - 1))
