"""Runs of recipes as the API, the live channel and the pages show them."""

from typing import Any

from django.db.models import QuerySet

from trainer.models import Experiment, RecipeRun, RecipeStep

# So much of the plan must be done before the time to go is told from it.
TELLING_SHARE = 0.02


def recipe_as_dict(run: RecipeRun) -> dict[str, Any]:
    """Return a run in the API's shape."""
    done, planned = recipe_progress(run)
    return {
        "id": run.pk,
        "recipe_name": run.recipe_name,
        "experiment": run.experiment.slug if run.experiment else None,
        "state": run.state,
        "params": run.params,
        "phases": [name for name, _ in run.plan],
        "current_phase": run.current_phase or None,
        "phases_completed": run.phases_completed,
        "checkpoints_created": run.checkpoints_created,
        "steps_done": done,
        "steps_planned": planned,
        "eta_seconds": recipe_eta(run, done=done, planned=planned),
        "error": run.error or None,
        "by": run.by,
        "created_at": run.created_at.isoformat(),
        "completed_at": run.completed_at.isoformat() if run.completed_at else None,
    }


def recipe_progress(run: RecipeRun) -> tuple[int, int]:
    """Return the steps that a run's jobs have trained, and those planned."""
    steps = run.steps.filter(abandoned=False, job__isnull=False)
    done = sum(steps.values_list("job__current_step", flat=True))
    return done, sum(count for _, count in run.plan)


def recipe_eta(run: RecipeRun, *, done: int, planned: int) -> float | None:
    """Return for how many seconds a run goes on at its pace so far; None where nobody knows."""
    if run.state != RecipeRun.State.RUNNING or not planned or done < planned * TELLING_SHARE:
        return None
    return round(run.active_seconds * max(0, planned - done) / max(1, done), 1)


def recipes_of(experiment: Experiment | None = None) -> QuerySet[RecipeRun]:
    """Return runs, the newest first: an experiment's, or everybody's."""
    runs = RecipeRun.objects.select_related("experiment").order_by("-pk")
    return runs if experiment is None else runs.filter(experiment=experiment)


def recipe_get(run_id: int) -> RecipeRun | None:
    """Return one run."""
    return recipes_of().filter(pk=run_id).first()


def recipe_current(experiment: Experiment | None = None) -> RecipeRun | None:
    """Return the run in progress, else the newest one."""
    active = recipes_of(experiment).filter(state__in=RecipeRun.ACTIVE)
    return active.first() or recipes_of(experiment).first()


def recipe_steps(run: RecipeRun) -> list[RecipeStep]:
    """Return the calls that a run made, in order, those of abandoned phases too."""
    return list(run.steps.select_related("job"))


def recipe_reports(run: RecipeRun) -> list[dict[str, Any]]:
    """Return what a run's branches reached: branch, seed, metrics, jobs and checkpoint."""
    reports = run.steps.filter(kind="report", abandoned=False, done_at__isnull=False)
    return [report.asked | (report.result or {}) for report in reports]
