"""Levels of detail: a long curve read in as few buckets as a view needs.

A bucket of level 1 holds 64 steps, one of each further level four of the level below. Rows of 64
buckets are stored as soon as they are full; the end of a curve, and the ends of a view, are read
from finer levels, in the end from the points themselves.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import groupby

import numpy as np

from trainer.models import Job, LossLevel
from trainer.selectors.loss_buckets import BUCKET, ODD, Buckets, Odds, buckets_of, fold
from trainer.selectors.loss_runs import LossRun, loss_runs, run_columns, runs_merge

BUCKET_STEPS = 64
ROW_BUCKETS = 64
FACTOR = 4
ROW_STEPS = BUCKET_STEPS * ROW_BUCKETS  # of level 1
ROW_ODD = np.dtype([("column", "<u2"), *((name, ODD[name]) for name in ODD.names or ())])

EMPTY_BUCKETS = np.zeros(0, dtype=BUCKET)
EMPTY_ODDS = np.zeros(0, dtype=ODD)


@dataclass(frozen=True)
class Stretch:
    """A stretch of all curves: the buckets that hold something, by series, in order."""

    buckets: dict[str, Buckets] = field(default_factory=dict)
    odds: dict[str, Odds] = field(default_factory=dict)


def bucket_steps(level: int) -> int:
    """Return how many steps a bucket of a level holds."""
    return int(BUCKET_STEPS * FACTOR ** (level - 1))


def stretches(
    job: Job, *, first_step: int, last_step: int, steps_a_bucket: float
) -> Iterator[Stretch]:
    """Yield a job's curves from step to step, in buckets of at most so many steps.

    Of a job that was thinned, the buckets of level 1 that the view touches: there is nothing finer.
    """
    level = _level_for(steps_a_bucket)
    if job.points_kept == Job.PointsKept.LEVELS:
        first_step = (first_step - 1) // BUCKET_STEPS * BUCKET_STEPS + 1
        last_step = -(-last_step // BUCKET_STEPS) * BUCKET_STEPS
        level = max(1, level)
    yield from _read(job, level, first_step, last_step)


def band_width(least_steps: float, steps_a_bucket: float) -> int:
    """Return the least count of steps, at least so many, that cuts no bucket read by `stretches`.

    Args:
        steps_a_bucket: what `stretches` was called with.
    """
    level = _level_for(steps_a_bucket)
    size = bucket_steps(level) if level else 1
    return max(1, math.ceil(least_steps / size)) * size


def _level_for(steps_a_bucket: float) -> int:
    """Return the coarsest level whose buckets hold at most so many steps; 0 for the points."""
    level = 0
    while bucket_steps(level + 1) <= steps_a_bucket:
        level += 1
    return level


def stretch_of(runs: list[LossRun]) -> Stretch:
    """Return consecutive runs with a bucket for each point."""
    return joined([_stretch_of(runs_merge(list(same))) for _, same in groupby(runs, _task_names)])


def row_unpack(row: LossLevel) -> Stretch:
    """Return the buckets of a stored row."""
    table_BC = np.frombuffer(row.table, dtype=BUCKET).reshape(ROW_BUCKETS, -1)
    odds_N = np.frombuffer(row.odds, dtype=ROW_ODD)
    stretch = Stretch()
    for column, name in enumerate(row.names):
        own = odds_N[odds_N["column"] == column]
        odds = np.zeros(len(own), dtype=ODD)
        odds["step"], odds["value"] = own["step"], own["value"]
        buckets = table_BC[:, column]
        stretch.buckets[name], stretch.odds[name] = buckets[buckets["count"] > 0], odds
    return stretch


def joined(parts: list[Stretch]) -> Stretch:
    """Return consecutive stretches as one."""
    whole = Stretch()
    for name in dict.fromkeys(name for part in parts for name in part.buckets):
        whole.buckets[name] = np.concatenate([p.buckets.get(name, EMPTY_BUCKETS) for p in parts])
        whole.odds[name] = np.concatenate([p.odds.get(name, EMPTY_ODDS) for p in parts])
    return whole


def folded(stretch: Stretch, width: int) -> Stretch:
    """Return a stretch in buckets of `width` steps, a multiple of what those in it hold."""
    buckets = {
        name: fold(own, (own["low_step"].astype(np.int64) - 1) // width)
        for name, own in stretch.buckets.items()
    }
    return Stretch(buckets, stretch.odds)


def _read(job: Job, level: int, first_step: int, last_step: int) -> Iterator[Stretch]:
    if first_step > last_step:
        return
    if level == 0:
        runs = loss_runs(job, after_step=first_step - 1, last_step=last_step)
        yield from (stretch_of([run]) for run in runs)
        return
    size = bucket_steps(level)
    # The buckets that lie in the view as a whole, and those of them that are stored.
    begin, end = -(-(first_step - 1) // size), last_step // size
    rows = _rows(job, level, begin // ROW_BUCKETS, (end - 1) // ROW_BUCKETS) if begin < end else []
    if not rows:
        yield from _read(job, level - 1, first_step, last_step)
        return
    end = min(end, (rows[-1].index + 1) * ROW_BUCKETS)
    yield from _read(job, level - 1, first_step, begin * size)
    for row in rows:
        yield _between(row_unpack(row), begin * size + 1, end * size)
    yield from _read(job, level - 1, end * size + 1, last_step)


def _rows(job: Job, level: int, first_index: int, last_index: int) -> list[LossLevel]:
    """Return the stored rows from an index on, as far as none is missing."""
    stored = LossLevel.objects.filter(
        job=job, level=level, index__gte=first_index, index__lte=last_index
    )
    rows = list(stored.order_by("index"))
    return [row for place, row in enumerate(rows, start=first_index) if row.index == place]


def _between(stretch: Stretch, first_step: int, last_step: int) -> Stretch:
    """Return the buckets that lie in a view; both its ends fall between buckets."""
    cut = Stretch()
    for name, buckets in stretch.buckets.items():
        odds = stretch.odds[name]
        inside = (buckets["low_step"] >= first_step) & (buckets["low_step"] <= last_step)
        cut.buckets[name] = buckets[inside]
        cut.odds[name] = odds[(odds["step"] >= first_step) & (odds["step"] <= last_step)]
    return cut


def _stretch_of(run: LossRun) -> Stretch:
    stretch = Stretch()
    for name, steps_N, values_N in run_columns(run):
        stretch.buckets[name], stretch.odds[name] = buckets_of(steps_N, values_N)
    return stretch


def _task_names(run: LossRun) -> tuple[str, ...]:
    return run.task_names
