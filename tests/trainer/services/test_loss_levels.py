"""Levels of detail: a long curve costs what a view needs, and no spike is ever lost."""

import itertools

import numpy as np
import pytest

from trainer.models import Job, LossLevel
from trainer.selectors.loss_levels import ROW_STEPS, joined, row_unpack, stretches
from trainer.selectors.loss_runs import LossRun
from trainer.selectors.losses import loss_columns
from trainer.services.jobs import job_end
from trainer.services.loss_levels import LevelWriter, levels_complete
from trainer.services.losses import losses_append, losses_rewind

pytestmark = [pytest.mark.portable, pytest.mark.django_db]

STEPS = 5 * ROW_STEPS + 777


def losses_of(name):
    """Return a noisy curve with a spike, and with losses that are not finite in one."""
    number = {"a": 1, "b": 2, "": 3}[name]
    losses_S = np.random.default_rng(number).gamma(2.0, 1.0, STEPS).astype(np.float32)
    losses_S[1000 * number] = 5000.0 + number
    if name == "b":
        losses_S[[10, 11, 9000]] = [np.nan, np.inf, -np.inf]
    return losses_S


def runs(part=512, *, until=STEPS):
    """Yield the whole job: "b" joins at step 3001 and takes every other step after 12000."""
    curves = {name: losses_of(name) for name in ("a", "b", "")}
    edges = sorted({*range(0, until, part), 3000, 12_000, until})
    for start, end in itertools.pairwise(edges):
        names = ("a",) if start < 3000 else ("a", "b")
        values_ST = np.stack([curves[name][start:end] for name in (*names, "")], axis=1)
        present_ST = None
        if start >= 12_000:
            present_ST = np.ones((end - start, 2), dtype=np.bool_)
            present_ST[:, 1] = np.arange(start + 1, end + 1) % 2 == 0
        yield LossRun(start + 1, names, (1.0,) * len(names), values_ST, present_ST)


def exact(name):
    """Return the recorded steps and losses of a series."""
    losses_S, steps_S = losses_of(name), np.arange(1, STEPS + 1)
    if name != "b":
        return steps_S, losses_S
    there = (steps_S > 3000) & ((steps_S <= 12_000) | (steps_S % 2 == 0))
    return steps_S[there], losses_S[there]


def record(job, parts, *, writer=None):
    writer = writer or LevelWriter(job)
    for run in parts:
        losses_append(job=job, run=run)
        writer.add(run)
        writer.write()
    return writer


def rows_of(job):
    return [
        (row.level, row.index, row.last_step, row.names, bytes(row.table), bytes(row.odds))
        for row in LossLevel.objects.filter(job=job)
    ]


@pytest.fixture
def recorded(running):
    record(running, runs())
    return running


@pytest.mark.parametrize(
    ("after_step", "last_step"),
    [
        (0, STEPS),
        (0, 4096),
        (63, 8192),
        (64, 16_384),
        (999, 20_001),
        (4095, 12_289),
        (20_480, STEPS),
    ],
)
@pytest.mark.parametrize("max_points", [20, 100, 1000])
def test_every_view_holds_true_points_and_the_exact_extremes(
    recorded, after_step, last_step, max_points
):
    view = loss_columns(recorded, max_points=max_points, after_step=after_step, last_step=last_step)
    for name, column in {**view["series"], "": view["total"]}.items():
        steps_S, losses_S = exact(name)
        inside = (steps_S > after_step) & (steps_S <= last_step)
        truth = dict(zip(steps_S[inside].tolist(), losses_S[inside].tolist(), strict=True))
        shown = dict(zip(column["step"], column["loss"], strict=True))
        assert len(column["step"]) <= max_points
        assert list(shown) == sorted(shown)
        finite = {step: loss for step, loss in shown.items() if loss is not None}
        assert finite.items() <= truth.items()
        there = [loss for loss in truth.values() if np.isfinite(loss)]
        assert (min(finite.values()), max(finite.values())) == (min(there), max(there))
        odd = {step for step in shown if shown[step] is None}
        assert all(not np.isfinite(truth[step]) for step in odd)
        if name == "b" and after_step < 9000 < last_step:
            assert odd == {9001}


def test_buckets_know_the_mean_and_the_count_of_their_points(recorded):
    parts = stretches(recorded, first_step=1, last_step=STEPS, steps_a_bucket=1024)
    buckets = joined(list(parts)).buckets["b"]
    _, losses_S = exact("b")
    finite_S = losses_S[np.isfinite(losses_S)].astype(np.float64)
    assert buckets["count"].sum() == len(finite_S)
    assert (buckets["mean"] * buckets["count"].astype(np.float64)).sum() == pytest.approx(
        finite_S.sum(), rel=1e-5
    )
    assert (buckets["low"] <= buckets["mean"]).all()
    assert (buckets["mean"] <= buckets["high"]).all()


def test_how_the_points_come_in_does_not_matter(recorded):
    before = rows_of(recorded)
    losses_rewind(job=recorded, last_step=0)
    assert rows_of(recorded) == []
    record(recorded, runs(part=5000))
    assert rows_of(recorded) == before
    assert [row[:2] for row in before] == [(1, 0), (1, 1), (1, 2), (1, 3), (1, 4), (2, 0)]


def test_a_replay_from_a_checkpoint_writes_the_same_rows_again(recorded):
    before = rows_of(recorded)
    losses_rewind(job=recorded, last_step=2 * ROW_STEPS + 100)
    assert [row[:2] for row in rows_of(recorded)] == [(1, 0), (1, 1)]
    tail = (run.between(2 * ROW_STEPS + 101, STEPS) for run in runs())
    record(recorded, [run for run in tail if len(run.values_ST)])
    assert rows_of(recorded) == before


def test_a_worker_that_takes_over_writes_the_row_that_the_last_one_left_unfinished(running):
    parts = list(runs())
    record(running, parts[:15])
    assert len(rows_of(running)) == 1
    record(running, parts[15:])
    (last,) = LossLevel.objects.filter(level=2)
    assert row_unpack(last).buckets["a"]["count"].sum() == 4 * ROW_STEPS


def test_a_view_of_a_long_job_reads_as_little_as_one_of_a_short_job(
    running, django_assert_max_num_queries
):
    steps = 64 * ROW_STEPS
    values_ST = np.random.default_rng(0).random((steps, 2), dtype=np.float32)
    parts = [
        LossRun(start + 1, ("a",), (1.0,), values_ST[start : start + ROW_STEPS], None)
        for start in range(0, steps, ROW_STEPS)
    ]
    record(running, parts)
    for last_step in (8 * ROW_STEPS, steps - 1):
        with django_assert_max_num_queries(12):
            read = list(
                stretches(
                    running, first_step=1, last_step=last_step, steps_a_bucket=last_step / 500
                )
            )
        assert sum(len(part.buckets["a"]) for part in read) < 4000


def test_an_older_jobs_rows_are_made_up_for_and_a_job_that_trains_is_left_alone(running):
    record(running, runs())
    expected = rows_of(running)
    LossLevel.objects.all().delete()
    levels_complete()
    assert rows_of(running) == []
    Job.objects.filter(pk=running.pk).update(current_step=STEPS)
    job_end(running, state=Job.State.COMPLETED, step=STEPS)
    levels_complete()
    assert rows_of(running) == expected
    levels_complete()
    assert rows_of(running) == expected


def test_a_job_that_goes_on_makes_up_for_rows_that_it_lacks(running):
    record(running, runs(until=3 * ROW_STEPS))
    expected = rows_of(running)
    LossLevel.objects.all().delete()
    LevelWriter(running)
    assert rows_of(running) == expected
