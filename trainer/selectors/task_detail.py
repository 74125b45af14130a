"""Everything about one attached task: its code, its losses, its measures, what happened to it."""

from typing import Any

from trainer.models import EvalResult, EvalRun, Job, LossSeries, Registry, Source, TaskCard
from trainer.selectors.events import Happening, story_of
from trainer.selectors.experiments import card_as_dict
from trainer.selectors.jobs import job_current, series_as_dict
from trainer.selectors.loss_runs import last_step_stored
from trainer.selectors.losses import loss_points
from trainer.selectors.registry import class_offered

EVALS_SHOWN = 5
LOSSES_SHOWN = 20


def task_detail(card: TaskCard) -> dict[str, Any]:
    """Return an attached task with all that is known of it, in the API's shape."""
    job = job_current(card.experiment)
    series = series_of(card, job)
    offered = class_offered(Registry.TASKS, card.class_name)
    job_sha256 = sha256_in_job(card, job)
    sha256 = offered.source_id if offered else job_sha256
    evals = card_evals(card)
    return {
        **card_as_dict(card),
        "source": Source.objects.filter(pk=sha256).values_list("text", flat=True).first(),
        "source_sha256": offered.source_id if offered else None,
        "job": job.pk if job else None,
        "job_source_sha256": job_sha256,
        "latest_loss": series.last if series else None,
        "latest_losses": losses_latest(card, job),
        "health": series.health if series else None,
        "summary": series_as_dict(series) if series else None,
        "metrics": metrics_told(evals[0][1]) if evals else {},
        "evals": [
            {
                "id": run.pk,
                "step": run.step,
                "created_at": run.created_at.isoformat(),
                "metrics": metrics_told(metrics),
            }
            for run, metrics in evals
        ],
        "events": [
            {"step": told.step, "kind": told.kind, "words": told.words, "by": told.by}
            for told in happenings_of(card, job)
        ],
    }


def series_of(card: TaskCard, job: Job | None) -> LossSeries | None:
    """Return the summary of the task's losses in a job."""
    return job.loss_series.filter(task_name=card.name, is_total=False).first() if job else None


def losses_latest(card: TaskCard, job: Job | None) -> list[dict[str, Any]]:
    """Return the task's points among the last steps of a job, in the shape of its loss history."""
    if job is None:
        return []
    points = loss_points(job, after_step=max(0, last_step_stored(job) - LOSSES_SHOWN))
    return [point for point in points if point["task_name"] == card.name]


def metrics_told(metrics: dict[str, EvalResult]) -> dict[str, float | None]:
    """Return what one evaluation measured; a metric that is not finite is None."""
    return {name: result.value for name, result in metrics.items()}


def sha256_in_job(card: TaskCard, job: Job | None) -> str | None:
    """Return which version of the task's class a job was started with."""
    refs = job.plan.get("sources", []) if job else []
    key = (Registry.TASKS, card.class_name)
    found = (ref for ref in refs if (ref.get("registry"), ref.get("class_name")) == key)
    ref = next(found, None)
    return ref["sha256"] if ref else None


def card_evals(card: TaskCard) -> list[tuple[EvalRun, dict[str, EvalResult]]]:
    """Return the last evaluations of the task, the newest first, each with its metrics by name."""
    runs = card.experiment.eval_runs.filter(results__task_name=card.name).distinct()
    newest = list(runs.order_by("-pk")[:EVALS_SHOWN])
    metrics: dict[int, dict[str, EvalResult]] = {run.pk: {} for run in newest}
    for result in EvalResult.objects.filter(run__in=newest, task_name=card.name):
        metrics[result.run_id][result.metric] = result
    return [(run, metrics[run.pk]) for run in newest]


def happenings_of(card: TaskCard, job: Job | None) -> list[Happening]:
    """Return what happened to the task in a job, the newest first."""
    told = story_of(job) if job else []
    return [happening for happening in told if happening.task == card.name][::-1]
