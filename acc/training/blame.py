"""Which task broke the gradient of a step: found by trying again, and only once it is broken."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from acc.tasks.base import Task
from acc.training.batch_feed import BatchFeed
from acc.training.task_loss import TaskStepError, loss_of
from acc.training.unnoticed import unnoticed

if TYPE_CHECKING:
    from acc.training.trainer import Trainer

logger = logging.getLogger("acc.training")

# By what torch says of it: what was most likely done, and what helps.
MISTAKES = {
    "modified by an inplace operation": "changed a tensor in place that the gradient needs (such "
    "as batch[0]); change a copy instead (batch[0].clone())",
    "backward through the graph a second time": "kept a tensor of an earlier step that the "
    "gradient goes through; keep it detached instead (tensor.detach())",
}


def gradient_explain(
    error: RuntimeError, trainer: Trainer, tasks: Sequence[Task], number: int
) -> None:
    """Say of a gradient that torch could not work out which task made what mistake.

    Returns where `error` is of no known mistake, or where the model makes it without any task.

    Args:
        tasks: those of the step, whose number is `number`.

    Raises:
        TaskStepError: with the name of the task, or of all where it cannot be told.
    """
    mistake = next((words for sign, words in MISTAKES.items() if sign in str(error)), None)
    if mistake is None:
        return
    found = list(tasks)
    try:
        with unnoticed([*trainer.model.parameters(), *trainer.model.buffers()], seed=number):
            if _is_broken(trainer, tasks[0], None, number):
                return
            found = [task for task in tasks if _is_broken(trainer, task, task, number)] or found
    except Exception:
        # The mistake is the one to report; why its task was not found is in the log.
        logger.exception("step %s: whose mistake it was could not be found", number)
    names = "', '".join(task.name for task in found)
    who = "it" if len(found) == 1 else "one of them" if len(found) == len(tasks) else "they"
    raise TaskStepError(names, number, f"{who} {mistake}") from error


def _is_broken(trainer: Trainer, like: Task, task: Task | None, number: int) -> bool:
    """Return whether a gradient fails where one task's loss is taken, or none, on a batch of its.

    It is the gradient of all that the model returns as well: a task may break what only others
    need.

    Args:
        like: whose dataset and outputs the model is given and asked for.
    """
    dataset = trainer.feeds[like.dataset.name].dataset
    batch = BatchFeed(dataset, batch_size=trainer.config.batch_size, seed=number).next()
    output = trainer.model(batch[0], **({"decode": True} if trainer.takes_decode else {}))
    losses = [] if task is None else [loss_of(task, output, batch, number)]
    wanted: list[Tensor] = [*losses, *output.values()]
    ends = [tensor.sum() for tensor in wanted if tensor.requires_grad]
    groups = trainer.optimizer.param_groups
    weights = [weight for group in groups for weight in group["params"] if weight.requires_grad]
    try:
        torch.autograd.grad(ends, weights, allow_unused=True)
    except RuntimeError as again:
        return any(sign in str(again) for sign in MISTAKES)
    return False
