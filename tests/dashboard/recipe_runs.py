"""Runs of recipes as their workers would leave them, for the pages to show."""

from typing import Any

from tests.trainer.rows import offer_make
from trainer.models import EvalResult, EvalRun, Experiment, RecipeRun
from trainer.services.recipe_life import recipe_claim, recipe_write
from trainer.services.recipe_steps import phase_begin, phase_complete, step_begin, step_finish
from trainer.services.recipes import recipe_start
from trainer.services.registry import registry_store

STEPS = {"name": "steps", "type": "int", "default": 5, "required": False, "description": "Many."}
LOUD = {"name": "loud", "type": "bool", "default": False, "required": False, "description": ""}


def recipes_offer(*names: str) -> None:
    """Put recipes on offer that nobody runs."""
    offers = [
        offer_make(name, parameters=[STEPS, LOUD], file=f"/mine/{name}.py")
        for name in names or ("FoldRecipe",)
    ]
    registry_store(registry="recipes", offers=offers, errors=[])


def run_begin(experiment: Experiment | None = None, **params: Any) -> RecipeRun:
    """Return a run that a worker holds, with two phases announced and the first one begun."""
    started = recipe_start(recipe_name="FoldRecipe", params=params, experiment=experiment, by="ada")
    run = recipe_claim(started.pk, worker="another-host:1:1")
    assert run is not None
    recipe_write(run, plan=[["fold", 100], ["unfold", 50]])
    phase_begin(run, "fold")
    return run


def say(run: RecipeRun, kind: str, result: Any = None, refusal: str = "", **asked: Any) -> None:
    """Note a call of a run in its current phase, done."""
    step = step_begin(run, phase=run.current_phase, kind=kind, asked=asked)
    step_finish(step, result=result, refusal=refusal)


def next_phase(run: RecipeRun, name: str) -> None:
    """Complete the current phase and begin another one."""
    phase_complete(run)
    phase_begin(run, name)


def report(run: RecipeRun, branch: str, seed: int, accuracy: float) -> None:
    """Note what a branch reached, on a state that was evaluated."""
    assert run.experiment is not None
    evaluated = EvalRun.objects.create(experiment=run.experiment, step=1)
    EvalResult.objects.create(
        run=evaluated, task_name="digit", metric="accuracy", value=accuracy, good=0.9, poor=0.5
    )
    result = {"jobs": [41], "checkpoint": None, "experiment": run.experiment.slug}
    metrics = {"digit": {"accuracy": accuracy, "odd": None}}
    say(run, "report", result, branch=branch, seed=seed, metrics=metrics)
