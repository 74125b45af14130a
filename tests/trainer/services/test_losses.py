"""Loss points on their way into the database and out again: exact, in order, each once."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from trainer.models import LossSegment, LossSeries
from trainer.selectors.loss_runs import LossRun, loss_runs, segment_unpack
from trainer.selectors.losses import loss_points
from trainer.services.losses import (
    SeriesSummary,
    losses_append,
    losses_merge,
    losses_rewind,
    summaries_store,
)

pytestmark = pytest.mark.portable

FLOATS = st.floats(width=32, allow_nan=True, allow_infinity=True)


def run_of(first_step, values, *, present=None, names=("a", "b"), weights=(1.0, 0.5)):
    values_ST = np.asarray(values, dtype=np.float32)
    present_ST = None if present is None else np.asarray(present, dtype=np.bool_)
    return LossRun(first_step, names, weights, values_ST, present_ST)


def counted(first_step, step_count):
    """Return a run whose values are its steps."""
    steps = np.arange(first_step, first_step + step_count, dtype=np.float32)
    return run_of(first_step, np.stack([steps, steps + 0.5, steps * 2], axis=1))


def stored(job):
    """Return all stored values, one row a step, with the steps before them."""
    rows = []
    for run in loss_runs(job):
        rows += [[run.first_step + i, *row] for i, row in enumerate(run.values_ST.tolist())]
    return rows


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=st.data(), steps=st.integers(1, 20), task_count=st.integers(1, 5))
def test_what_is_stored_comes_back_bit_for_bit(running, data, steps, task_count):
    values = data.draw(arrays(np.float32, (steps, task_count + 1), elements=FLOATS))
    present = data.draw(st.none() | arrays(np.bool_, (steps, task_count)))
    names = tuple(f"t{i}" for i in range(task_count))
    run = run_of(7, values, present=present, names=names, weights=(0.1,) * task_count)
    segment = losses_append(job=running, run=run)
    back = segment_unpack(LossSegment.objects.get(pk=segment.pk))
    segment.delete()
    assert (back.first_step, back.task_names, back.weights) == (7, names, run.weights)
    assert back.values_ST.tobytes() == values.tobytes()
    if present is None:
        assert back.present_ST is None
    else:
        assert back.present_ST is not None
        assert np.array_equal(back.present_ST, present)


def test_points_name_what_is_not_finite_and_leave_out_who_took_no_part(running):
    nan, inf = np.nan, np.inf
    run = run_of(
        1,
        [[0.1, nan, nan], [inf, 2, inf], [3, -inf, -inf]],
        present=[[1, 1], [1, 0], [0, 1]],
    )
    losses_append(job=running, run=run)
    exact = float(np.float32(0.1))
    points = list(loss_points(running))
    assert [(p["step"], p["task_name"], p["task_loss"]) for p in points] == [
        (1, "a", exact),
        (1, "b", None),
        (2, "a", None),
        (3, "b", None),
    ]
    assert [p.get("nonfinite") for p in points] == [None, "nan", "inf", "-inf"]
    assert [p["weight"] for p in points] == [1.0, 0.5, 1.0, 0.5]
    assert [p["total_loss"] for p in points] == [None] * 4


def test_merged_segments_hold_the_same_points(running):
    first = run_of(1, [[1, 2, 3], [4, 5, 6]])
    second = run_of(3, [[7, 8, 9]], present=[[1, 0]])
    segments = [losses_append(job=running, run=run) for run in (first, second)]
    before = list(loss_points(running))
    merged = losses_merge(job=running, segments=segments)
    assert (merged.first_step, merged.step_count) == (1, 3)
    assert LossSegment.objects.filter(job=running).count() == 1
    assert list(loss_points(running)) == before


def test_a_merge_whose_answer_was_lost_may_be_called_again(running):
    segments = [losses_append(job=running, run=counted(step, 5)) for step in (1, 6)]
    merged = losses_merge(job=running, segments=segments)
    assert losses_merge(job=running, segments=segments).pk == merged.pk
    assert [step for step, *_ in stored(running)] == list(range(1, 11))


@pytest.mark.parametrize("last_step", [0, 1, 9, 10, 11, 15, 20, 30, 99])
def test_rewinding_keeps_the_steps_up_to_the_last_and_no_other(running, last_step):
    for first_step in (1, 11, 21):
        losses_append(job=running, run=counted(first_step, 10))
    expected = [row for row in stored(running) if row[0] <= last_step]
    losses_rewind(job=running, last_step=last_step)
    assert stored(running) == expected


def test_after_rewinding_the_replay_fits_in(running):
    losses_append(job=running, run=counted(1, 10))
    losses_append(job=running, run=counted(11, 10))
    before = stored(running)
    losses_rewind(job=running, last_step=14)
    losses_append(job=running, run=counted(15, 6))
    assert stored(running) == before


def test_rewinding_a_job_without_losses_is_nothing(running):
    losses_rewind(job=running, last_step=0)
    assert stored(running) == []


def test_a_summary_is_replaced_and_not_doubled(running):
    def summary(name, count, *, is_total=False):
        return SeriesSummary(
            name, is_total, 0, count, 0, count, 0.5, 0.1, 0.9, 0.4, "flat", "healthy"
        )

    summaries_store(job=running, summaries=[summary("a", 1), summary("", 1, is_total=True)])
    summaries_store(job=running, summaries=[summary("a", 2), summary("b", 2)])
    rows = LossSeries.objects.filter(job=running).order_by("pk")
    assert [(row.task_name, row.is_total, row.count) for row in rows] == [
        ("a", False, 2),
        ("", True, 1),
        ("b", False, 2),
    ]
