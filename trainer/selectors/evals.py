"""Evaluations as the API, the live channel and the pages show them."""

from collections.abc import Iterable
from typing import Any

from django.db.models import F

from trainer.models import EvalResult, EvalRun, Experiment, Job

EARLIER_SHOWN = 40


def eval_as_dict(run: EvalRun) -> dict[str, Any]:
    """Return an evaluation in the API's shape; a metric that is not finite is null."""
    results: dict[str, dict[str, float | None]] = {name: {} for name in run.task_names}
    nonfinite: dict[str, dict[str, str]] = {}
    for row in run.results.all():
        results.setdefault(row.task_name, {})[row.metric] = row.value
        if row.nonfinite:
            nonfinite.setdefault(row.task_name, {})[row.metric] = row.nonfinite
    return {
        "id": run.pk,
        "step": run.step,
        "checkpoint_id": run.checkpoint_id,
        "job_id": run.job_id,
        "created_at": run.created_at.isoformat(),
        "by": run.by,
        "results": results,
        "errors": run.errors,
        "untrained": run.untrained,
        "nonfinite": nonfinite,
    }


def evals_of(experiment: Experiment, *, limit: int) -> list[EvalRun]:
    """Return an experiment's evaluations with their results, the newest first."""
    return list(experiment.eval_runs.prefetch_related("results").order_by("-pk")[:limit])


def evals_last(jobs: Iterable[Job]) -> dict[int, EvalRun]:
    """Return of each job that was evaluated its last state's newest evaluation."""
    known = EvalRun.objects.prefetch_related("results")
    latest = known.order_by(F("job_step").desc(nulls_last=True), "-pk")
    return {job.pk: run for job in jobs if (run := latest.filter(job=job).first())}


def evals_earlier(experiment: Experiment) -> list[EvalRun]:
    """Return the evaluations that the newest one can be compared with, the newest first.

    Those of states with a name are all there; of the others the last ones.
    """
    runs = experiment.eval_runs.select_related("checkpoint").order_by("-pk")
    # They are offered in a line each: what a checkpoint holds besides would be most of the work.
    runs = runs.only("experiment", "step", "job", "checkpoint__tag")
    newest = list(runs[: EARLIER_SHOWN + 1])[1:]
    named = runs.exclude(checkpoint=None).exclude(checkpoint__tag="")[:EARLIER_SHOWN]
    shown = {run.pk for run in newest}
    first = experiment.eval_runs.order_by("-pk").values_list("pk", flat=True).first()
    return newest + [run for run in named if run.pk not in shown and run.pk != first]


def better_of(good: float | None, poor: float | None) -> str:
    """Return which direction of a metric is better, "higher" or "lower"; empty if nobody said."""
    if good is None or poor is None or good == poor:
        return ""
    return "higher" if good > poor else "lower"


def metric_directions(slugs: Iterable[str]) -> dict[tuple[str, str], str]:
    """Return where a metric is better, as classes declared it: "higher", "lower" or empty.

    Args:
        slugs: of the experiments whose evaluations are looked at.
    """
    declared = EvalResult.objects.filter(
        run__experiment__slug__in=slugs, good__isnull=False, poor__isnull=False
    )
    known = declared.values_list("task_name", "metric", "good", "poor").distinct()
    return {(task, metric): better_of(good, poor) for task, metric, good, poor in known}


def metric_units(slugs: Iterable[str]) -> dict[tuple[str, str], str]:
    """Return the unit of each metric that has one, by task and metric; `slugs` as above."""
    measured = EvalResult.objects.filter(run__experiment__slug__in=slugs).exclude(unit="")
    known = measured.values_list("task_name", "metric", "unit").distinct()
    return {(task, metric): unit for task, metric, unit in known}
