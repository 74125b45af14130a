"""Storing and reading losses: ACC's packed segments against a row a point, on SQLite.

Run as a process of its own, in a throw-away ACC_HOME; prints JSON.
"""

import argparse
import json
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.own_site import TASKS, WEIGHTS, django_begin, job_make, losses_make

# What a job of 200 steps a second leaves for one flush, and how often figures are stored.
FLUSH_STEPS = 20
SUMMARY_FLUSHES = 10
CHART_POINTS = 2000
READS = 5


def main() -> None:
    """Measure both ways in a database that is gone afterwards; print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--points", type=int, default=1_000_000, help="of the packed job")
    parser.add_argument("--rows", type=int, default=100_000, help="of the row-per-point table")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="acc-bench-") as home:
        django_begin(Path(home))
        figures = {
            "packed": _packed(steps=options.points // len(TASKS)),
            "rows": _rows(steps=options.rows // len(TASKS)),
        }
    print(json.dumps(figures))


def _packed(*, steps: int) -> dict[str, Any]:
    from trainer.selectors.losses import loss_columns, loss_points

    job = job_make("bench", steps=steps)
    values_ST = losses_make(steps)
    before = _database_bytes()
    seconds = _seconds(lambda: _packed_write(job, values_ST))
    return {
        "points": steps * len(TASKS),
        "write_seconds": seconds,
        "bytes": _database_bytes() - before,
        "chart_seconds": _median_seconds(lambda: loss_columns(job, max_points=CHART_POINTS)),
        "history_seconds": _seconds(lambda: sum(1 for _ in loss_points(job))),
    }


def _packed_write(job: Any, values_ST: NDArray[np.float32]) -> None:
    """Do what the recorder does with each flush: append, now and then merge and summarise."""
    from django.db import transaction

    from trainer.selectors.loss_runs import LossRun
    from trainer.services.durability import commits_need_not_wait
    from trainer.services.jobs import job_held
    from trainer.services.losses import losses_append, losses_merge, summaries_store
    from trainer.worker.recorder import SEGMENT_STEPS
    from trainer.worker.summary import Summaries

    summaries = Summaries()
    small = []
    with commits_need_not_wait():
        for flush, start in enumerate(range(0, len(values_ST), FLUSH_STEPS), start=1):
            run = LossRun(start + 1, TASKS, WEIGHTS, values_ST[start : start + FLUSH_STEPS], None)
            with transaction.atomic():
                job_held(job).update(current_step=run.last_step)
                small.append(losses_append(job=job, run=run))
            summaries.add(run)
            if flush % SUMMARY_FLUSHES == 0:
                summaries_store(job=job, summaries=summaries.rows())
            if sum(segment.step_count for segment in small) >= SEGMENT_STEPS:
                with transaction.atomic():
                    losses_merge(job=job, segments=small)
                small = []


def _rows(*, steps: int) -> dict[str, Any]:
    from benchmarks.row_per_point import chart_read, history_read, points_write, table_create

    table_create()
    values_ST = losses_make(steps)
    before = _database_bytes()
    seconds = _seconds(lambda: points_write(1, TASKS, WEIGHTS, values_ST))
    return {
        "points": steps * len(TASKS),
        "write_seconds": seconds,
        "bytes": _database_bytes() - before,
        "chart_seconds": _median_seconds(lambda: chart_read(1, TASKS, CHART_POINTS)),
        "history_seconds": _seconds(lambda: history_read(1)),
    }


def _seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def _median_seconds(work: Callable[[], object]) -> float:
    return median(_seconds(work) for _ in range(READS))


def _database_bytes() -> int:
    """Return the size of the database's file with everything in it."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return Path(connection.settings_dict["NAME"]).stat().st_size


if __name__ == "__main__":
    main()
