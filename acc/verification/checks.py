"""What the milestone promises, in the order of the checks, which build on each other."""

from __future__ import annotations

from collections.abc import Callable

from acc.verification import classes, training
from acc.verification.world import World

CHECKS: tuple[Callable[[World], str], ...] = (
    classes.credentials,
    classes.discovery,
    classes.hot_reload,
    classes.hot_edit,
    classes.syntax_error,
    training.experiment,
    training.task_add,
    training.task_error,
    training.training_live,
    training.loss_history,
    training.set_weight,
    training.job_history,
    training.evaluation,
    training.reconstructions,
    training.restart,
    training.toggle_and_remove,
    classes.deletion,
)
