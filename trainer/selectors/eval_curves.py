"""A job's evaluations over its steps: each metric as a curve, and the same images at each."""

from dataclasses import dataclass
from typing import Any

from django.db.models import prefetch_related_objects

from trainer.models import EvalPictures, EvalRun, Job
from trainer.selectors.evals import better_of

# More points than this are more than a screen is wide: every so-manieth is left.
POINTS_MAX = 1000


@dataclass(frozen=True)
class _Known:
    """What is said of a metric beside its values, as its class declared it last."""

    unit: str
    good: float | None
    poor: float | None


def eval_curves(job: Job) -> dict[str, Any]:
    """Return the metrics that were measured of a job, in the API's shape.

    Of more than a thousand evaluations, every so-manieth and the newest.
    """
    shown, left_out = _thinned(_runs(job))
    prefetch_related_objects([run for _, run in shown], "results")
    points: dict[tuple[str, str], list[dict[str, Any]]] = {}
    known: dict[tuple[str, str], _Known] = {}
    for step, run in shown:
        for row in run.results.all():
            key = (row.task_name, row.metric)
            point: dict[str, Any] = {"step": step, "value": row.value, "eval_id": run.pk}
            if row.nonfinite:
                point["nonfinite"] = row.nonfinite
            if row.task_name in run.untrained:
                point["untrained"] = True
            points.setdefault(key, []).append(point)
            known[key] = _Known(row.unit, row.good, row.poor)
    series = [
        {
            "task_name": task_name,
            "metric": metric,
            "unit": known[task_name, metric].unit,
            "better": better_of(known[task_name, metric].good, known[task_name, metric].poor),
            "good": known[task_name, metric].good,
            "poor": known[task_name, metric].poor,
            "points": found,
        }
        for (task_name, metric), found in points.items()
    ]
    return {"job_id": job.pk, "series": series, "left_out": left_out}


def eval_pictures(job: Job) -> list[dict[str, Any]]:
    """Return the pictures of a job that follow the same images, in order of its steps."""
    rows = EvalPictures.objects.filter(run__job=job).select_related("run", "dataset")
    found = [
        {
            "eval_id": row.run_id,
            "step": job_step_of(row.run, job),
            "dataset": row.dataset.name,
            "sheet": row.sheet,
            "psnr": row.psnr,
        }
        for row in rows.order_by("pk")
    ]
    return sorted(found, key=lambda row: (row["step"], row["eval_id"]))


def job_step_of(run: EvalRun, job: Job) -> int:
    """Return after which of its job's steps a state was evaluated."""
    if run.job_step is not None:
        return run.job_step
    # From before evaluations noted it.
    begun = job.start_checkpoint.step if job.start_checkpoint else 0
    return max(0, run.step - begun)


def _runs(job: Job) -> list[tuple[int, EvalRun]]:
    """Return a job's evaluations with their steps, in order; of one step, the newest."""
    by_step = {job_step_of(run, job): run for run in job.eval_runs.order_by("pk")}
    return sorted(by_step.items())


def _thinned(runs: list[tuple[int, EvalRun]]) -> tuple[list[tuple[int, EvalRun]], int]:
    stride = -(-len(runs) // POINTS_MAX) or 1
    shown = runs[::-1][::stride][::-1]
    return shown, len(runs) - len(shown)
