"""Evaluations as the API, the live channel and the pages show them."""

from collections.abc import Iterable
from typing import Any

from django.db.models import QuerySet

from trainer.models import Call, EvalResult, EvalRun, Experiment

UNDER_WAY = (Call.State.PENDING, Call.State.RUNNING)


def eval_as_dict(run: EvalRun) -> dict[str, Any]:
    """Return an evaluation in the API's shape; a metric that is not finite is null."""
    results: dict[str, dict[str, float | None]] = {}
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
        "nonfinite": nonfinite,
    }


def evals_of(experiment: Experiment, *, limit: int) -> list[EvalRun]:
    """Return an experiment's evaluations with their results, the newest first."""
    return list(experiment.eval_runs.prefetch_related("results").order_by("-pk")[:limit])


def calls_about(kind: str, states: Iterable[Call.State]) -> QuerySet[Call]:
    """Return the questions of a kind that are in one of the states, the newest first."""
    return Call.objects.filter(kind=kind, state__in=states)


def call_newest(experiment: Experiment, kind: str) -> Call | None:
    """Return the newest question of a kind about an experiment; answered ones go after an hour."""
    return Call.objects.filter(kind=kind, payload__experiment=experiment.slug).first()


def call_under_way(experiment: Experiment, kind: str) -> Call | None:
    """Return the newest question of a kind that nobody has answered yet."""
    calls = Call.objects.filter(kind=kind, payload__experiment=experiment.slug)
    return calls.filter(state__in=UNDER_WAY).first()


def metric_directions(slugs: Iterable[str]) -> dict[tuple[str, str], str]:
    """Return where a metric is better, "higher" or "lower", as classes declared it.

    Args:
        slugs: of the experiments whose evaluations are looked at.
    """
    declared = EvalResult.objects.filter(
        run__experiment__slug__in=slugs, good__isnull=False, poor__isnull=False
    )
    known = declared.values_list("task_name", "metric", "good", "poor").distinct()
    return {
        (task, metric): "higher" if good > poor else "lower"
        for task, metric, good, poor in known
        if good is not None and poor is not None
    }
