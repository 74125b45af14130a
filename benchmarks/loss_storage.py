"""Storing and reading losses: ACC's packed segments against a row a point, on SQLite.

Run as a process of its own, in a throw-away ACC_HOME; prints JSON.
"""

import argparse
import json
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from numpy.typing import NDArray

TASKS = ("reconstruction", "kl", "digit", "slant", "thickness")
WEIGHTS = (1.0, 0.0005, 0.1, 0.1, 0.1)
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
        _django_begin(Path(home))
        figures = {
            "packed": _packed(steps=options.points // len(TASKS)),
            "rows": _rows(steps=options.rows // len(TASKS)),
        }
    print(json.dumps(figures))


def _django_begin(home: Path) -> None:
    for name in ("DATABASE_URL", "REDIS_URL"):
        os.environ.pop(name, None)
    os.environ.update(ACC_HOME=str(home), DJANGO_SETTINGS_MODULE="accsite.settings")
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0, interactive=False)


def _losses(steps: int) -> NDArray[np.float32]:
    """Return noisy falling curves, [steps, tasks + 1], the total last."""
    noise_ST = np.random.default_rng(5).gamma(4.0, 0.25, (steps, len(TASKS)))
    fall_S1 = 1 / np.sqrt(1 + np.arange(steps) / 100)[:, None]
    losses_ST = (noise_ST * fall_S1).astype(np.float32)
    total_S = losses_ST @ np.asarray(WEIGHTS, dtype=np.float32)
    return np.column_stack([losses_ST, total_S]).astype(np.float32)


def _packed(*, steps: int) -> dict[str, Any]:
    from trainer.models import Experiment, Job
    from trainer.selectors.losses import loss_columns, loss_points

    experiment = Experiment.objects.create(slug="bench", name="bench", model_class="ConvVAE")
    job = Job.objects.create(
        experiment=experiment,
        state=Job.State.RUNNING,
        total_steps=steps,
        plan={},
        lr=1e-3,
        probe_lr=1e-3,
        batch_size=64,
    )
    values_ST = _losses(steps)
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
    values_ST = _losses(steps)
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
