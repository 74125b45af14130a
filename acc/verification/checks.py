"""What the milestone promises, in the order of the checks, which build on each other."""

from __future__ import annotations

from collections.abc import Callable, Collection

from acc.verification import attaching, classes, seeing, training
from acc.verification.world import World

Check = Callable[[World], str]

CHECKS: tuple[Check, ...] = (
    classes.credentials,
    classes.discovery,
    classes.hot_reload,
    classes.hot_edit,
    classes.syntax_error,
    attaching.experiment,
    attaching.task_add,
    attaching.task_error,
    attaching.refusals,
    seeing.untrained,
    training.training_live,
    training.loss_history,
    training.set_weight,
    training.job_history,
    seeing.evaluation,
    seeing.reconstructions,
    training.restart,
    attaching.toggle_and_remove,
    classes.deletion,
)
# Which ones a check builds on; those on which these build come with them.
NEEDS: dict[Check, tuple[Check, ...]] = {
    classes.hot_edit: (classes.hot_reload,),
    classes.syntax_error: (classes.hot_reload,),
    attaching.task_add: (classes.hot_edit, attaching.experiment),
    attaching.task_error: (attaching.experiment,),
    attaching.refusals: (attaching.experiment,),
    seeing.untrained: (attaching.task_add,),
    training.training_live: (attaching.task_add,),
    training.loss_history: (training.training_live,),
    training.set_weight: (attaching.task_add,),
    training.job_history: (training.loss_history, training.set_weight),
    seeing.evaluation: (seeing.untrained, training.training_live),
    seeing.reconstructions: (training.training_live,),
    training.restart: (training.loss_history, seeing.evaluation),
    attaching.toggle_and_remove: (training.loss_history,),
    classes.deletion: (classes.hot_reload,),
}


def checks_for(names: Collection[str]) -> list[Check]:
    """Return the checks of these names with those that they build on, in order; all for none."""
    wanted = {check for check in CHECKS if check.__name__ in names} or set(CHECKS)
    while more := {need for check in wanted for need in NEEDS.get(check, ())} - wanted:
        wanted |= more
    return [check for check in CHECKS if check in wanted]
