"""Stored losses as the API gives them: exact, or thinned so that every spike stays."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trainer.live.events import NonFinite, json_numbers, nonfinite_name
from trainer.models import Job
from trainer.selectors.loss_buckets import band_table, extremes
from trainer.selectors.loss_levels import (
    BUCKET_STEPS,
    Stretch,
    band_width,
    folded,
    joined,
    stretches,
)
from trainer.selectors.loss_runs import TOTAL, LossRun, last_step_stored, loss_runs

# With fewer points the ends give way to what is out of the ordinary.
FEWEST_WITH_ENDS = 5


def loss_points(job: Job, *, after_step: int = 0) -> Iterator[dict[str, Any]]:
    """Yield every recorded point in order: by step, then in the order of the tasks."""
    for run in loss_runs(job, after_step=after_step):
        yield from _points_of(run)


def _points_of(run: LossRun) -> Iterator[dict[str, Any]]:
    finite_ST = np.isfinite(run.values_ST)
    for row, losses in enumerate(run.values_ST.tolist()):
        total = losses[-1] if finite_ST[row, -1] else None
        for column, (name, weight) in enumerate(zip(run.task_names, run.weights, strict=True)):
            if run.present_ST is not None and not run.present_ST[row, column]:
                continue
            point = {
                "step": run.first_step + row,
                "task_name": name,
                "task_loss": losses[column] if finite_ST[row, column] else None,
                "weight": weight,
                "total_loss": total,
            }
            if not finite_ST[row, column]:
                point["nonfinite"] = nonfinite_name(losses[column])
            yield point


def loss_columns(
    job: Job,
    *,
    max_points: int,
    after_step: int = 0,
    last_step: int | None = None,
    bands: bool = False,
) -> dict[str, Any]:
    """Return at most `max_points` points a series, in columns.

    Steps are cut into buckets; of each bucket the points of the smallest and the largest loss
    stay, and one that is not finite if there is one, so that no spike of a single step is lost.
    What it costs depends on `max_points`, not on the job's length.

    Args:
        bands: also give the buckets themselves, at most `max_points` a series, each with its
            steps, extremes and mean, and the newest loss of each series itself. Where all steps
            fit, each is a bucket of its own.
    """
    stored = last_step_stored(job)
    end = stored if last_step is None else min(stored, last_step)
    step_count = max(0, end - after_step)
    # Bands may be half as many as asked for: the most that reading a finer level would bring.
    steps_a_bucket = step_count / (max_points / 2 if bands else max(1, (max_points - 2) // 2))
    read = stretches(job, first_step=after_step + 1, last_step=end, steps_a_bucket=steps_a_bucket)
    whole = joined(list(read))
    told = {"job": job.pk, "kept": job.points_kept}
    if not bands:
        return _columns_of(whole, max_points) | told
    # A view that begins within a bucket has one more of them than its steps would fill.
    fits = step_count <= max_points
    width = 1 if fits else band_width(step_count / max(1, max_points - 1), steps_a_bucket)
    if job.points_kept == Job.PointsKept.LEVELS:
        # The view's ends are those of the stretches that it touches.
        width, after_step = max(width, BUCKET_STEPS), after_step // BUCKET_STEPS * BUCKET_STEPS
        end = min(stored, -(-end // BUCKET_STEPS) * BUCKET_STEPS)
    # Folded first: what follows then has no more to do for a long job than for a short one.
    fine, whole = whole, folded(whole, width)
    tables = {
        name: band_table(buckets, after_step=after_step, last_step=end, width=width)
        for name, buckets in whole.buckets.items()
    }
    told |= {"bands": tables, "newest": _newest(job)}
    return _columns_of(_with_ends(whole, fine), max_points) | told


def _newest(job: Job) -> dict[str, Any]:
    """Return the last loss of each series, by its name; null where it is no finite number.

    A curve may have ended long before its job, so that its last bucket is a wide one.
    """
    figures = job.loss_series.values_list("task_name", "last_step", "last")
    return {name: {"step": step, "loss": loss} for name, step, loss in figures}


def _with_ends(whole: Stretch, fine: Stretch) -> Stretch:
    """Add the finest buckets at both ends, else a curve would not end at its newest loss."""
    ended = {
        name: np.concatenate([own[:1], whole.buckets[name], own[-1:]])
        for name, own in fine.buckets.items()
    }
    return Stretch(ended, whole.odds)


def _columns_of(whole: Stretch, max_points: int) -> dict[str, Any]:
    columns: dict[str, Any] = {}
    nonfinite: list[NonFinite] = []
    for name, buckets in whole.buckets.items():
        steps_N, losses_N = _thinned(*extremes(buckets, whole.odds[name]), max_points)
        columns[name] = {"step": steps_N.tolist(), "loss": json_numbers(losses_N)}
        nonfinite += [
            {
                "step": int(steps_N[place]),
                "task_name": name,
                "value": nonfinite_name(float(losses_N[place])),
            }
            for place in np.flatnonzero(~np.isfinite(losses_N))
        ]
    total = columns.pop(TOTAL, {"step": [], "loss": []})
    return {"series": columns, "total": total, "nonfinite": nonfinite}


def _thinned(
    steps_N: NDArray[np.int64], losses_N: NDArray[np.float32], max_points: int
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    if len(losses_N) <= max_points:
        return steps_N, losses_N
    kept = _extremes(losses_N, max_points)
    return steps_N[kept], losses_N[kept]


def _extremes(losses_N: NDArray[np.float32], max_points: int) -> NDArray[np.int64]:
    """Return the indices of the ends and of each bucket's extremes and first non-finite loss."""
    broken = not np.isfinite(losses_N).all()
    if max_points < FEWEST_WITH_ENDS:
        return _few(losses_N, max_points)
    bucket_count = max(1, (max_points - 2) // (3 if broken else 2))
    size = -(-len(losses_N) // bucket_count)
    table_BS = np.pad(losses_N, (0, -len(losses_N) % size), mode="edge").reshape(-1, size)
    starts_B = np.arange(len(table_BS)) * size
    ends = np.array([0, len(losses_N) - 1])
    if not broken:
        kept = [ends, starts_B + table_BS.argmin(axis=1), starts_B + table_BS.argmax(axis=1)]
    else:
        finite_BS = np.isfinite(table_BS)
        odd_B = ~finite_BS.all(axis=1)
        kept = [
            ends,
            starts_B + np.where(finite_BS, table_BS, np.inf).argmin(axis=1),
            starts_B + np.where(finite_BS, table_BS, -np.inf).argmax(axis=1),
            starts_B[odd_B] + (~finite_BS[odd_B]).argmax(axis=1),
        ]
    return np.unique(np.minimum(np.concatenate(kept), len(losses_N) - 1))


def _few(losses_N: NDArray[np.float32], max_points: int) -> NDArray[np.int64]:
    """Return the indices of the points that say most: what is not finite, extremes, then ends."""
    finite_N = np.isfinite(losses_N)
    telling = [
        np.where(finite_N, losses_N, -np.inf).argmax(),
        np.where(finite_N, losses_N, np.inf).argmin(),
        np.int64(len(losses_N) - 1),
        np.int64(0),
    ]
    if not finite_N.all():
        telling.insert(0, (~finite_N).argmax())
    return np.unique(telling[:max_points])
