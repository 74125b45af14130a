"""Summaries of a job that ended behind its recorder's back: brought up to its last stored point."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from trainer.models import Job, LossSeries
from trainer.selectors.loss_runs import LossRun, loss_runs

FIGURES = ("count", "nonfinite_count", "last_step", "last", "minimum", "maximum", "mean")


def summaries_catch_up(job: Job) -> None:
    """Take in the points that came after the summaries were stored for the last time.

    A worker stores them once a second, and may have died before it stored the last ones. What is
    judged by the latest points, trend and health, stays as it was then. The caller's transaction
    holds the job's row, and no worker writes about it any more.
    """
    rows = {(row.task_name, row.is_total): row for row in LossSeries.objects.filter(job=job)}
    colours = {task["name"]: task["colour"] for task in job.plan["tasks"]}
    # All series are stored together: the total has a point at every step.
    total = rows.get(("", True))
    changed: set[tuple[str, bool]] = set()
    for run in loss_runs(job, after_step=total.last_step if total else 0):
        for name, is_total, values_N, last_step in _columns(run):
            key = (name, is_total)
            if key not in rows:
                colour = colours.get(name, 0)
                rows[key] = LossSeries(job=job, task_name=name, is_total=is_total, colour=colour)
            _add(rows[key], values_N, last_step)
            changed.add(key)
    LossSeries.objects.bulk_create(
        [rows[key] for key in rows if key in changed],
        update_conflicts=True,
        unique_fields=["job", "task_name", "is_total"],
        update_fields=FIGURES,
    )


def _columns(run: LossRun) -> Iterator[tuple[str, bool, NDArray[np.float32], int]]:
    for column, name in enumerate(run.task_names):
        values_S, last_step = run.values_ST[:, column], run.last_step
        if run.present_ST is not None:
            rows_N = np.flatnonzero(run.present_ST[:, column])
            if not len(rows_N):
                continue
            values_S, last_step = values_S[rows_N], run.first_step + int(rows_N[-1])
        yield name, False, values_S, last_step
    yield "", True, run.values_ST[:, -1], run.last_step


def _add(row: LossSeries, values_N: NDArray[np.float32], last_step: int) -> None:
    finite_N = values_N[np.isfinite(values_N)]
    last = float(values_N[-1])
    row.last_step, row.last = last_step, last if np.isfinite(last) else None
    row.nonfinite_count += len(values_N) - len(finite_N)
    if not len(finite_N):
        return
    low, high = float(finite_N.min()), float(finite_N.max())
    row.minimum = low if row.minimum is None else min(row.minimum, low)
    row.maximum = high if row.maximum is None else max(row.maximum, high)
    total = (row.mean or 0.0) * row.count + float(finite_N.sum(dtype=np.float64))
    row.count += len(finite_N)
    row.mean = total / row.count
