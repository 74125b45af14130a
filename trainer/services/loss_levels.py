"""Levels of detail on their way into the database, written as the points come in."""

import contextlib
from collections.abc import Callable

import numpy as np
from django.db import transaction
from django.db.models import Exists, Max, OuterRef

from trainer.models import Job, LossLevel
from trainer.selectors.loss_buckets import BUCKET, fold, fold_odds
from trainer.selectors.loss_levels import (
    FACTOR,
    ROW_BUCKETS,
    ROW_ODD,
    ROW_STEPS,
    Stretch,
    bucket_steps,
    joined,
    row_unpack,
    stretch_of,
)
from trainer.selectors.loss_runs import LossRun, loss_runs
from trainer.services.jobs import FenceLostError, job_hold


class LevelWriter:
    """Keeps the points that fill no row yet, and writes each row once it is full.

    Rows are only a faster copy of points that are stored already: what a crash takes is made again
    from the points.
    """

    def __init__(self, job: Job, *, hold: Callable[[Job], None] = job_hold) -> None:
        """Go on where a job's rows end: write those that the stored points fill already.

        Args:
            hold: keeps the job's row for the rest of a transaction, and raises where points may
                still come from elsewhere.

        Raises:
            FenceLostError: what `hold` raises.
        """
        self._job = job
        self._hold = hold
        newest = LossLevel.objects.filter(job=job, level=1).aggregate(Max("index"))["index__max"]
        self._index = 0 if newest is None else newest + 1
        self._waiting: list[LossRun] = []
        for run in loss_runs(job, after_step=self._index * ROW_STEPS):
            self.add(run)
            # At once: a job from before there were levels would fill the memory.
            self.write()

    def add(self, run: LossRun) -> None:
        """Take in stored points, in order."""
        self._waiting.append(run)

    def write(self) -> None:
        """Write the rows that are full.

        Raises:
            FenceLostError: the job is no longer this worker's.
            django.db.Error: the database is away; the next call tries again.
        """
        while self._waiting and self._waiting[-1].last_step >= self._row_end:
            end = self._row_end
            whole = [run.between(1, end) for run in self._waiting if run.first_step <= end]
            rest = [run.between(end + 1, run.last_step) for run in self._waiting]
            self._write(1, self._index, stretch_of(whole))
            self._index += 1
            self._waiting = [run for run in rest if len(run.values_ST)]

    @property
    def _row_end(self) -> int:
        return (self._index + 1) * ROW_STEPS

    @transaction.atomic
    def _write(self, level: int, index: int, stretch: Stretch) -> None:
        self._hold(self._job)
        row = row_pack(level, index, stretch)
        row.job = self._job
        # A row whose commit was in doubt may be there already; it says the same.
        LossLevel.objects.bulk_create([row], ignore_conflicts=True)
        if (index + 1) % FACTOR:
            return
        first = index + 1 - FACTOR
        below = LossLevel.objects.filter(
            job=self._job, level=level, index__gte=first, index__lte=index
        )
        parts = [row_unpack(part) for part in below.order_by("index")]
        self._write(level + 1, first // FACTOR, joined(parts))


def levels_complete() -> None:
    """Write the rows that ended jobs lack: those from before there were levels have none."""
    rows = LossLevel.objects.filter(job=OuterRef("pk"), level=1)
    ended = Job.objects.exclude(state__in=Job.ACTIVE).filter(current_step__gte=ROW_STEPS)
    for job in list(ended.filter(~Exists(rows))):
        # A job that was deleted meanwhile needs none.
        with contextlib.suppress(FenceLostError):
            LevelWriter(job, hold=_hold_ended)


def _hold_ended(job: Job) -> None:
    """Keep the row of a job that is at its end; nobody writes about it any more."""
    ended = Job.objects.filter(pk=job.pk).exclude(state__in=Job.ACTIVE)
    if not list(ended.select_for_update().values_list("pk", flat=True)):
        raise FenceLostError(f"job {job.pk} is gone, or trains again")


def row_pack(level: int, index: int, stretch: Stretch) -> LossLevel:
    """Return a row of buckets of a level, not saved, from finer buckets that fill it."""
    size = bucket_steps(level)
    first_bucket = index * ROW_BUCKETS
    names = list(stretch.buckets)
    table_BC = np.zeros((ROW_BUCKETS, len(names)), dtype=BUCKET)
    odd_rows = []
    for column, name in enumerate(names):
        buckets, odds = stretch.buckets[name], stretch.odds[name]
        places = (buckets["low_step"].astype(np.int64) - 1) // size - first_bucket
        table_BC[np.unique(places), column] = fold(buckets, places)
        kept = fold_odds(odds, (odds["step"].astype(np.int64) - 1) // size)
        own = np.zeros(len(kept), dtype=ROW_ODD)
        own["column"], own["step"], own["value"] = column, kept["step"], kept["value"]
        odd_rows.append(own)
    return LossLevel(
        level=level,
        index=index,
        last_step=(first_bucket + ROW_BUCKETS) * size,
        names=names,
        table=table_BC.tobytes(),
        odds=np.concatenate(odd_rows).tobytes(),
    )
