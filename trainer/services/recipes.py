"""What an operator does with recipes: run one, stop it."""

import logging
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone

from trainer.models import Call, Experiment, RecipeRun, RegisteredClass, Registry
from trainer.selectors.recipes import recipe_current
from trainer.selectors.registry import classes_offered
from trainer.services.calls import TrainerOffline, call_ask
from trainer.services.parameters import params_check
from trainer.services.queue import recipe_wake
from trainer.services.recipe_life import recipe_announce, recipe_end_unheld
from trainer.services.sources import ClassMissing, SourceRef, source_of

logger = logging.getLogger("acc.recipes")


class RecipeRefused(Exception):
    """A recipe cannot be run or stopped; the text says why."""


class RecipeConflict(RecipeRefused):
    """Another run stands in the way, or there is none."""


class RecipeMissing(ClassMissing):
    """No recipe of a name is on offer; the text says which are."""


def recipe_start(
    *,
    recipe_name: str,
    params: dict[str, Any] | None = None,
    experiment: Experiment | None = None,
    by: str = "",
) -> RecipeRun:
    """Run a recipe on offer, as its file is now; a worker takes it once the row is committed.

    Args:
        recipe_name: a class on offer, "MnistFactorExperiment", or its file's name without ".py".
        params: the constructor's keywords.
        experiment: the one that the recipe's calls act on until it makes a model of its own.

    Raises:
        RecipeMissing: no such recipe is on offer.
        ParameterRefused: a parameter is unknown, missing or of another type than declared.
        CallRefused: the recipe's constructor refuses them, in its own words.
        RecipeConflict: a recipe is under way in the experiment.
    """
    offered = recipe_offered(recipe_name)
    params_check(offered.class_name, offered.parameters, params or {})
    source = source_of(Registry.RECIPES, offered.class_name)
    _constructor_ask(source, params or {}, by=by)
    run = RecipeRun(
        recipe_name=offered.class_name,
        params=params or {},
        source=source,
        experiment=experiment,
        by=by,
        enqueued_at=timezone.now(),
    )
    try:
        with transaction.atomic():
            run.save()
            recipe_announce(run)
            transaction.on_commit(lambda: recipe_wake(run.pk))
    except IntegrityError as error:
        raise experiment_taken(experiment) from error
    return run


def _constructor_ask(source: SourceRef, params: dict[str, Any], *, by: str) -> None:
    """Have the trainer side make the recipe once, before there is a run that could only fail.

    Where nobody answers, the run waits for a worker as its row does, and fails there if it must.

    Raises:
        CallRefused: the constructor refuses the parameters.
    """
    try:
        call_ask(
            kind=Call.Kind.RECIPE_CHECK,
            payload={"source": source, "params": params},
            by=by,
            limit_seconds=settings.ACC_EVAL_SECONDS,
        )
    except TrainerOffline as offline:
        logger.info("the parameters of %s are not checked yet: %s", source["class_name"], offline)


def experiment_taken(experiment: Experiment | None) -> RecipeConflict:
    """Return the refusal of a second run in an experiment."""
    current = recipe_current(experiment)
    name = experiment.name if experiment else ""
    return RecipeConflict(
        f"recipe run {current.pk if current else ''} is under way in experiment '{name}'; "
        "stop it or wait for its end first"
    )


@transaction.atomic
def recipe_stop(*, run: RecipeRun, by: str = "") -> RecipeRun:
    """Stop a run: at once where no worker has it, else before its next call, with its job.

    Raises:
        RecipeConflict: the run is at its end.
    """
    run = RecipeRun.objects.select_for_update(of=("self",)).get(pk=run.pk)
    if not run.is_active:
        raise RecipeConflict(f"recipe run {run.pk} is {run.state}; there is nothing to stop")
    if run.stop_asked_at is None:
        run.stop_asked_at, run.stop_asked_by = timezone.now(), by
        run.save(update_fields=["stop_asked_at", "stop_asked_by"])
    if not recipe_end_unheld(run, state=RecipeRun.State.STOPPED):
        recipe_announce(run)
    run.refresh_from_db()
    return run


def recipe_offered(name: str) -> RegisteredClass:
    """Return the recipe of a class's or a file's name.

    Raises:
        RecipeMissing: there is none.
    """
    rows = classes_offered(Registry.RECIPES)
    for row in rows:
        if name in {row.class_name, row.module.rpartition(".")[2]}:
            return row
    names = ", ".join(row.class_name for row in rows) or "none yet"
    raise RecipeMissing(f"no recipe is called '{name}'; there are: {names}")
