"""Measuring a task on its evaluation split: every image counts once, nothing is disturbed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import torch
from torch import Tensor, nn

from acc.model_output import ModelOutput
from acc.tasks.base import Task
from acc.tasks.errors import TaskError
from acc.tasks.model_probe import evaluation_mode, run_model

EVAL_BATCH_SIZE = 256

Measure = Callable[[Mapping[ModelOutput, Tensor], Sequence[Tensor]], Mapping[str, Tensor]]


def eval_means(
    task: Task, measure: Measure, autoencoder: nn.Module, device: torch.device | str
) -> dict[str, Tensor]:
    """Return the mean, over the evaluation split's images, of what `measure` gives for each.

    Args:
        task: whose data set and head are used; it also says whether decoding is needed.
        measure: takes the model's output and the batch; gives values [B] or [B, ...] by name.
        autoencoder: the model, on `device`.
        device: where the batches go.

    Raises:
        TaskError: the evaluation split is empty.
    """
    sums: dict[str, Tensor] = {}
    count = 0
    with evaluation_mode(autoencoder, task.head), torch.inference_mode():
        for batch in task.dataset.eval_loader(EVAL_BATCH_SIZE):
            moved = tuple(part.to(device) for part in batch)
            output = run_model(autoencoder, moved[0], decode=task.reads_reconstruction)
            for name, values in measure(output, moved).items():
                # Sums, not means: the last batch is smaller, and counts for what it holds.
                batch_sum = values.cpu().sum(dim=0, dtype=torch.float64)
                sums[name] = sums[name] + batch_sum if name in sums else batch_sum
            count += len(moved[0])
    if count == 0:
        raise TaskError(f'data set "{task.dataset.name}" has no evaluation images to measure on')
    return {name: total / count for name, total in sums.items()}


def eval_numbers(
    task: Task, measure: Measure, autoencoder: nn.Module, device: torch.device | str
) -> dict[str, float]:
    """Return `eval_means` of a measure with one value an image, as plain numbers."""
    means = eval_means(task, measure, autoencoder, device)
    return {name: mean.item() for name, mean in means.items()}
