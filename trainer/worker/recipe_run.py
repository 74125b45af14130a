"""One run of a recipe, from its claim to its end."""

import logging
import traceback

from django.db import Error as DatabaseTrouble
from django.db import close_old_connections

from acc.raised import code_errors
from acc.recipes.base import Recipe, RecipeError
from trainer.models import RecipeRun
from trainer.services.jobs import FenceLostError
from trainer.services.recipe_life import (
    recipe_claim,
    recipe_end,
    recipe_interrupt,
    recipe_write,
)
from trainer.services.workers import worker_name
from trainer.worker.classes import SourceLost, class_load
from trainer.worker.recipe_context import Context, RecipeChanged
from trainer.worker.recipe_hold import RecipeHold, RecipeLeft, RecipeStopped

logger = logging.getLogger("acc.worker")

# Their texts are written for the operator; anything else also gets its type's name.
CLEAR_ERRORS = (RecipeError, RecipeChanged, SourceLost)


def recipe_run(run_id: int) -> None:
    """Carry out a run if it is still queued; its row ends in a state that says what happened."""
    run = recipe_claim(run_id, worker=worker_name())
    if run is None:
        return
    hold = RecipeHold(run)
    hold.start()
    try:
        _carry_out(run, hold)
    finally:
        hold.end()


def _carry_out(run: RecipeRun, hold: RecipeHold) -> None:
    try:
        recipe = _recipe_make(run)
        recipe_write(run, plan=[[name, int(steps)] for name, steps in recipe.plan().items()])
        context = Context(run, hold)
        recipe.run(context)
        context.close()
        recipe_end(run, state=RecipeRun.State.COMPLETED)
    except RecipeStopped:
        recipe_end(run, state=RecipeRun.State.STOPPED)
    except RecipeLeft:
        recipe_interrupt(run)
    except FenceLostError as lost:
        logger.warning("%s; this worker leaves it alone", lost)
    except DatabaseTrouble as error:
        # Not the recipe's fault: its lease ends, and its phase begins anew.
        logger.warning("recipe run %s is left to the next worker: %s", run.pk, error)
        close_old_connections()
    except code_errors() as error:
        _fail(run, error)


def _recipe_make(run: RecipeRun) -> Recipe:
    recipe_class: type[Recipe] = class_load(run.source)
    try:
        return recipe_class(**run.params)
    except (ValueError, TypeError) as error:
        # Raised by constructors for wrong parameters, in a sentence for the operator.
        raise RecipeError(str(error)) from error


def _fail(run: RecipeRun, error: BaseException) -> None:
    sentence = str(error)
    if not (isinstance(error, CLEAR_ERRORS) and sentence):
        sentence = f"{type(error).__name__}: {sentence}" if sentence else type(error).__name__
    logger.warning("recipe run %s failed: %s", run.pk, sentence)
    trace = "".join(traceback.format_exception(error))
    try:
        recipe_end(run, state=RecipeRun.State.FAILED, error=sentence, traceback=trace)
    except FenceLostError as lost:
        logger.warning("%s; its failure is not recorded", lost)
