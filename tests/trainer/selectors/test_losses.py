"""Losses as they are read: from any step, page by page, and thinned without losing a spike."""

import itertools

import numpy as np
import pytest

from trainer.models import LossSegment, LossSeries
from trainer.selectors.loss_runs import PAGE_SEGMENTS, LossRun, loss_runs
from trainer.selectors.losses import loss_columns, loss_points
from trainer.services.losses import losses_append, losses_merge

pytestmark = pytest.mark.portable


def store(job, first_step, losses, *, present=None):
    """Store the losses of one task; the total is twice as much."""
    column = np.asarray(losses, dtype=np.float32)
    values_ST = np.stack([column, column * 2], axis=1)
    present_ST = None if present is None else np.asarray(present, dtype=np.bool_)[:, None]
    return losses_append(job=job, run=LossRun(first_step, ("a",), (1.0,), values_ST, present_ST))


def steps_of(runs):
    return [step for run in runs for step in range(run.first_step, run.last_step + 1)]


@pytest.mark.parametrize("after_step", [0, 1, 9, 10, 11, 24, 25, 26])
def test_reading_goes_on_after_any_step(running, after_step):
    for first_step in (1, 11, 21):
        store(running, first_step, np.zeros(10 if first_step < 21 else 5))
    assert steps_of(loss_runs(running, after_step=after_step)) == list(range(after_step + 1, 26))
    assert steps_of(loss_runs(running, after_step=after_step, last_step=12)) == list(
        range(after_step + 1, 13)
    )


def test_more_segments_than_a_page_are_read_to_the_end(running):
    count = 2 * PAGE_SEGMENTS + 1
    for first_step in range(1, 2 * count, 2):
        store(running, first_step, [1.0, 2.0])
    assert [point["step"] for point in loss_points(running)] == list(range(1, 2 * count + 1))


def test_segments_merged_while_somebody_reads_give_each_step_once(running):
    segments = [store(running, step, [float(step)]) for step in range(1, PAGE_SEGMENTS + 11)]
    reading = loss_runs(running)
    seen = [next(reading).first_step for _ in range(PAGE_SEGMENTS)]
    losses_merge(job=running, segments=segments[PAGE_SEGMENTS - 5 :])
    seen += steps_of(reading)
    assert seen == list(range(1, PAGE_SEGMENTS + 11))
    assert LossSegment.objects.filter(job=running).count() < len(segments)


def test_few_points_are_not_thinned(running):
    store(running, 1, [3.0, 1.0, 2.0])
    columns = loss_columns(running, max_points=3)
    assert columns["series"]["a"] == {"step": [1, 2, 3], "loss": [3.0, 1.0, 2.0]}
    assert columns["total"] == {"step": [1, 2, 3], "loss": [6.0, 2.0, 4.0]}


@pytest.mark.parametrize("max_points", [1, 2, 3, 4, 5, 6, 7, 50, 100, 999])
@pytest.mark.parametrize("with_nan", [False, True])
def test_thinning_returns_at_most_so_many_points_in_order(running, max_points, with_nan):
    losses = np.sin(np.arange(1000))
    if with_nan:
        losses[::7] = np.nan
    store(running, 1, losses)
    series = loss_columns(running, max_points=max_points)["series"]["a"]
    assert 1 <= len(series["step"]) <= max_points
    assert series["step"] == sorted(set(series["step"]))
    exact = np.asarray(losses, dtype=np.float32)
    for step, loss in zip(series["step"], series["loss"], strict=True):
        value = float(exact[step - 1])
        assert loss == value or (loss is None and np.isnan(value))


def test_one_point_is_the_one_that_says_most(running):
    store(running, 1, np.where(np.arange(1000) == 499, 1e6, 1.0))
    series = loss_columns(running, max_points=1, bands=True)["series"]["a"]
    assert series == {"step": [500], "loss": [1e6]}


@pytest.mark.parametrize("step", [1, 2, 499, 1000, 9999, 10000])
@pytest.mark.parametrize("height", [1e6, -1e6])
def test_a_spike_of_one_step_stays(running, step, height):
    losses = np.random.default_rng(0).random(10_000)
    losses[step - 1] = height
    store(running, 1, losses)
    series = loss_columns(running, max_points=100)["series"]["a"]
    assert (step, height) in zip(series["step"], series["loss"], strict=True)


@pytest.mark.parametrize("odd", [np.nan, np.inf, -np.inf])
def test_a_break_stays_and_hides_no_spike_beside_it(running, odd):
    losses = np.ones(10_000)
    losses[5000], losses[5001], losses[5002] = odd, 900.0, -900.0
    store(running, 1, losses)
    columns = loss_columns(running, max_points=100)
    series = columns["series"]["a"]
    assert {"step": 5001, "task_name": "a", "value": str(odd)} in columns["nonfinite"]
    points = dict(zip(series["step"], series["loss"], strict=True))
    assert points[5001] is None
    assert (points[5002], points[5003]) == (900.0, -900.0)


def test_steps_without_the_task_are_not_in_its_column(running):
    store(running, 1, [1.0, 2.0, 3.0, 4.0], present=[True, False, True, False])
    columns = loss_columns(running, max_points=10)
    assert columns["series"]["a"] == {"step": [1, 3], "loss": [1.0, 3.0]}
    assert columns["total"]["step"] == [1, 2, 3, 4]


def test_a_job_without_losses_has_empty_columns(running):
    assert loss_columns(running, max_points=10) == {
        "kept": "all",
        "job": running.pk,
        "series": {},
        "total": {"step": [], "loss": []},
        "nonfinite": [],
    }


@pytest.mark.parametrize(("after_step", "last_step"), [(0, None), (100, 9000), (4095, 4200)])
def test_bands_say_of_each_stretch_what_its_points_are(running, after_step, last_step):
    losses = np.random.default_rng(1).normal(size=10_000).astype(np.float32)
    losses[5000] = np.nan
    store(running, 1, losses)
    answer = loss_columns(
        running, max_points=60, after_step=after_step, last_step=last_step, bands=True
    )
    band = answer["bands"]["a"]
    ranges = list(zip(band["first_step"], band["last_step"], strict=True))
    assert 20 <= len(ranges) <= 60
    assert ranges[0][0] == after_step + 1
    assert ranges[-1][1] == (last_step or 10_000)
    assert all(left[1] + 1 == right[0] for left, right in itertools.pairwise(ranges))
    for at, (first, last) in enumerate(ranges):
        own = losses[first - 1 : last]
        own = own[np.isfinite(own)]
        assert (band["low"][at], band["high"][at]) == (own.min(), own.max())
        assert band["count"][at] == len(own)
        assert band["mean"][at] == pytest.approx(float(own.mean()), abs=1e-4)


def test_bands_of_few_steps_are_the_points(running):
    store(running, 1, [3.0, 1.0, np.nan, 2.0])
    band = loss_columns(running, max_points=5, bands=True)["bands"]["a"]
    assert band["first_step"] == band["last_step"] == [1, 2, 4]
    assert band["mean"] == band["low"] == band["high"] == [3.0, 1.0, 2.0]


@pytest.mark.parametrize("max_points", [10, 50, 200])
def test_a_curve_in_bands_begins_and_ends_at_its_first_and_newest_loss(running, max_points):
    losses = np.random.default_rng(4).random(1000)
    losses[0] = losses[-1] = 0.5  # neither of them an extreme of its band
    store(running, 1, losses)
    column = loss_columns(running, max_points=max_points, bands=True)["series"]["a"]
    assert (column["step"][0], column["loss"][0]) == (1, 0.5)
    assert (column["step"][-1], column["loss"][-1]) == (1000, 0.5)
    assert len(column["step"]) <= max_points


def test_bands_are_told_with_the_newest_loss_of_each_series(running):
    store(running, 1, [3.0, 1.0, 2.0])
    for name, step, last in [("a", 3, 2.0), ("gone", 1, None), ("", 3, 4.0)]:
        LossSeries.objects.create(
            job=running, task_name=name, is_total=not name, last_step=step, last=last
        )
    assert loss_columns(running, max_points=5, bands=True)["newest"] == {
        "a": {"step": 3, "loss": 2.0},
        "gone": {"step": 1, "loss": None},
        "": {"step": 3, "loss": 4.0},
    }
