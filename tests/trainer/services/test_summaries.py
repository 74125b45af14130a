"""Summaries of a job whose worker died before it stored the last ones."""

import numpy as np
import pytest

from tests.trainer.services.test_losses import run_of
from trainer.models import Job, LossSeries
from trainer.services.jobs import job_end, job_end_unheld, job_interrupt
from trainer.services.losses import SeriesSummary, losses_append, losses_rewind, summaries_store

pytestmark = pytest.mark.portable


def summary(name, values, last_step):
    values = np.asarray(values, dtype=np.float32)
    return SeriesSummary(
        task_name=name,
        is_total=not name,
        colour=3,
        count=len(values),
        nonfinite_count=0,
        last_step=last_step,
        last=float(values[-1]),
        minimum=float(values.min()),
        maximum=float(values.max()),
        mean=float(values.mean()),
        trend="falling",
        health="healthy",
    )


@pytest.fixture
def behind(running):
    """A job with five stored steps, of which its summaries have the first three."""
    losses_append(job=running, run=run_of(1, [[5, 1, 6], [4, 1, 5], [3, 1, 4]]))
    told = [summary("a", [5, 4, 3], 3), summary("b", [1, 1, 1], 3), summary("", [6, 5, 4], 3)]
    summaries_store(job=running, summaries=told)
    losses_append(job=running, run=run_of(4, [[9, np.nan, np.nan]], names=("a", "c")))
    losses_append(job=running, run=run_of(5, [[2, 8, 10]], present=[[1, 0]], names=("a", "c")))
    return running


def figures(job):
    rows = LossSeries.objects.filter(job=job)
    names = ("count", "nonfinite_count", "last_step", "last", "minimum", "maximum", "mean")
    return {row.task_name: tuple(getattr(row, name) for name in names) for row in rows}


EXPECTED = {
    "a": (5, 0, 5, 2.0, 2.0, 9.0, 4.6),
    "b": (3, 0, 3, 1.0, 1.0, 1.0, 1.0),
    "c": (0, 1, 4, None, None, None, None),
    "": (4, 1, 5, 10.0, 4.0, 10.0, 6.25),
}


def test_a_job_that_is_stopped_while_nobody_has_it_counts_every_stored_point(behind):
    assert job_interrupt(behind, reason="its worker went silent")
    assert job_end_unheld(behind, state=Job.State.STOPPED)
    assert figures(behind) == EXPECTED


def test_a_job_whose_recorder_broke_counts_every_stored_point(behind):
    job_end(behind, state=Job.State.FAILED, step=5, error="broken")
    assert figures(behind) == EXPECTED


def test_a_job_without_summaries_gets_them_at_its_end(behind):
    LossSeries.objects.filter(job=behind).delete()
    job_end(behind, state=Job.State.FAILED, step=5, error="broken")
    assert figures(behind) == EXPECTED


def test_a_rewind_drops_summaries_of_points_that_are_gone_and_no_others(behind):
    losses_rewind(job=behind, last_step=3)
    assert figures(behind).keys() == {"a", "b", ""}
    losses_rewind(job=behind, last_step=2)
    assert figures(behind) == {}
