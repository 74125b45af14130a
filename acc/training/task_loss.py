"""One task's loss of one batch, checked, and the weighted sum of several."""

import torch
from torch import Tensor

from acc.model_output import ModelOutput
from acc.raised import code_errors
from acc.tasks.base import Task


class TaskStepError(Exception):
    """A task's code failed at a step; the message names both. The cause is chained."""

    def __init__(self, task_name: str, step: int, reason: str) -> None:
        """Say which task failed where, and why."""
        super().__init__(f"task '{task_name}' failed at step {step}: {reason}")
        self.task_name = task_name
        self.step = step


def loss_of(
    task: Task, output: dict[ModelOutput, Tensor], batch: tuple[Tensor, ...], number: int
) -> Tensor:
    """Return the task's own loss, a scalar, before its weight.

    Raises:
        TaskStepError: its code raised, or returned something else, at step `number`.
    """
    try:
        loss = task.compute_loss(output, batch)
    except code_errors() as error:
        reason = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
        raise TaskStepError(task.name, number, reason) from error
    if not isinstance(loss, Tensor):
        raise TaskStepError(
            task.name, number, f"compute_loss returned {type(loss).__name__}, not a tensor"
        )
    if loss.dim():
        if loss.numel() != 1:
            raise TaskStepError(
                task.name, number, f"compute_loss returned shape {list(loss.shape)}, not a scalar"
            )
        loss = loss.reshape(())
    return loss


def weighted_sum(losses: list[Tensor], weights: tuple[float, ...]) -> Tensor:
    """Return the losses times their factors, added up from the first to the last.

    What has no weight is left out, its gradient too: a loss that is not finite would make the total
    and every weight of the model so, since 0 times infinity is no number.
    """
    total = torch.zeros_like(losses[0].detach())
    for loss, weight in zip(losses, weights, strict=True):
        if weight:
            total = total + loss * weight
    return total
