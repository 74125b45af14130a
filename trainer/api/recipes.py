"""Calls that run recipes."""

from typing import Any

from django.http import HttpRequest
from ninja import Field, Router, Schema
from ninja.errors import HttpError

from trainer.api.auth import caller_name
from trainer.api.inputs import RecipeIn
from trainer.api.jobs import ListLimit
from trainer.api.lookup import ExperimentSlug, experiment_found
from trainer.models import Experiment
from trainer.selectors.experiments import experiment_active
from trainer.selectors.recipes import recipe_as_dict, recipe_current, recipes_of
from trainer.services.recipes import RecipeConflict, recipe_start, recipe_stop

router = Router(tags=["recipes"])


class RecipeOut(Schema):
    """A run of a recipe."""

    id: int
    recipe_name: str
    experiment: str | None = Field(description="The one that its calls act on now.")
    state: str = Field(description="queued, running, completed, stopped, failed or interrupted")
    params: dict[str, Any]
    phases: list[str] = Field(description="As the recipe announces them, in order.")
    current_phase: str | None
    phases_completed: list[str]
    checkpoints_created: list[int]
    steps_done: int
    steps_planned: int
    eta_seconds: float | None = Field(description="Null where nobody knows yet.")
    error: str | None
    by: str
    created_at: str
    completed_at: str | None


@router.get("/recipes", response=list[RecipeOut], summary="List the runs of recipes")
def recipes(
    request: HttpRequest, limit: ListLimit = 20, experiment: ExperimentSlug = None
) -> list[dict[str, Any]]:
    """List runs, the newest first; /registry/recipes lists the recipes on offer."""
    return [recipe_as_dict(run) for run in recipes_of(_asked(experiment))[:limit]]


@router.get("/recipes/current", response=RecipeOut, summary="Show the current run")
def recipes_current(request: HttpRequest, experiment: ExperimentSlug = None) -> dict[str, Any]:
    """Return the run in progress, else the newest one."""
    run = recipe_current(_asked(experiment))
    if run is None:
        raise HttpError(404, "no recipe was run yet; POST /recipes/{name}/run runs one")
    return recipe_as_dict(run)


@router.post("/recipes/{name}/run", response=RecipeOut, summary="Run a recipe")
def recipes_run(
    request: HttpRequest,
    name: str,
    body: RecipeIn | None = None,
    experiment: ExperimentSlug = None,
) -> dict[str, Any]:
    """Run a recipe on offer; 409 where one is under way in the experiment.

    Its calls act on the experiment until it makes a model, which gets an experiment of its own.
    """
    run = recipe_start(
        recipe_name=name,
        params=body.params if body else {},
        experiment=_asked(experiment) or experiment_active(),
        by=caller_name(request),
    )
    return recipe_as_dict(run)


@router.post("/recipes/stop", response=RecipeOut, summary="Stop the run in progress")
def recipes_stop(request: HttpRequest, experiment: ExperimentSlug = None) -> dict[str, Any]:
    """Stop the run before its next call, and the job that it trains; checkpoints are kept."""
    run = recipe_current(_asked(experiment))
    if run is None or not run.is_active:
        raise RecipeConflict("no recipe is being run")
    return recipe_as_dict(recipe_stop(run=run, by=caller_name(request)))


def _asked(slug: str | None) -> Experiment | None:
    """Return the experiment that is named; None for all of them."""
    return experiment_found(slug) if slug else None
