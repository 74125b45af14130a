"""Stored losses, exact: consecutive steps as they were recorded, page by page."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from django.db.models import Subquery, Value
from django.db.models.functions import Coalesce
from numpy.typing import NDArray

from trainer.models import Job, LossSegment

# At most this many segments are in memory at once, some megabytes.
PAGE_SEGMENTS = 50
TOTAL = ""  # the name of the total among the series


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


def run_columns(run: LossRun) -> Iterator[tuple[str, NDArray[np.int64], NDArray[np.float32]]]:
    """Yield the name, steps and losses of each task's points in a run, and last of the total's.

    A task that took part in none of the steps has no point.
    """
    steps_S = np.arange(run.first_step, run.last_step + 1)
    for column, name in enumerate(run.task_names):
        if run.present_ST is None:
            yield name, steps_S, run.values_ST[:, column]
        else:
            rows_N = np.flatnonzero(run.present_ST[:, column])
            yield name, steps_S[rows_N], run.values_ST[rows_N, column]
    yield TOTAL, steps_S, run.values_ST[:, -1]


def runs_merge(runs: list[LossRun]) -> LossRun:
    """Return consecutive runs of the same tasks as one, with the weights of the first."""
    present_ST = None
    if any(run.present_ST is not None for run in runs):
        present_ST = np.concatenate(
            [
                np.ones((len(run.values_ST), len(run.task_names)), dtype=np.bool_)
                if run.present_ST is None
                else run.present_ST
                for run in runs
            ]
        )
    first = runs[0]
    values_ST = np.concatenate([run.values_ST for run in runs])
    return LossRun(first.first_step, first.task_names, first.weights, values_ST, present_ST)


def last_step_stored(job: Job) -> int:
    """Return the last step whose losses are stored; 0 where there is none."""
    newest = LossSegment.objects.filter(job=job).order_by("-first_step")
    ends = newest.values_list("first_step", "step_count")[:1]
    return max((first_step + step_count - 1 for first_step, step_count in ends), default=0)
