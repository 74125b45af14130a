"""RegressionTask: a linear probe of the latent for the data set's float targets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn

from acc.dataset import AccDataset
from acc.model_output import ModelOutput
from acc.tasks.base import Metric, Task, TaskError
from acc.tasks.compatibility import model_facts
from acc.tasks.eval_split import eval_numbers


class RegressionTask(Task):
    """A linear probe on the latent, trained with the mean squared error of the targets.

    The error has the unit of the targets, whose scale only the data set knows, so
    that no bounds are declared for the loss: its health is judged by its trend.
    """

    requires_target = "float"
    reads_reconstruction = False
    # Meant for targets of about 0..1; those of another scale need a task with bounds of their own.
    metrics = (Metric("mae", good=0.05, poor=0.2),)

    def check_compatible(self, autoencoder: nn.Module, dataset: AccDataset) -> None:
        """Raise TaskError where there are no usable float targets or no latent."""
        self._check_requirements(autoencoder, dataset)
        if not model_facts(autoencoder, dataset).has(ModelOutput.LATENT):
            raise TaskError(f"{type(autoencoder).__name__} gives no latent to regress from")
        if not torch.isfinite(_targets(dataset)).all():
            raise TaskError(f'data set "{dataset.name}" has targets that are NaN or infinite')

    def _build_head(self, latent_dim: int) -> nn.Module:
        return nn.Linear(latent_dim, _as_columns(_targets(self.dataset)).shape[1])

    def compute_loss(
        self, model_output: Mapping[ModelOutput, Tensor], batch: Sequence[Tensor]
    ) -> Tensor:
        """Return the mean squared error over the batch and its K targets."""
        return F.mse_loss(self._predictions(model_output), _as_columns(batch[1]))

    def evaluate(self, autoencoder: nn.Module, device: torch.device | str) -> dict[str, float]:
        """Return the mean absolute error over evaluation images and targets."""
        return eval_numbers(self, self._measure, autoencoder, device)

    def _measure(
        self, model_output: Mapping[ModelOutput, Tensor], batch: Sequence[Tensor]
    ) -> dict[str, Tensor]:
        errors_BK = self._predictions(model_output) - _as_columns(batch[1])
        return {"mae": errors_BK.abs().mean(dim=1)}

    def _predictions(self, model_output: Mapping[ModelOutput, Tensor]) -> Tensor:
        if self.head is None:
            raise TaskError(f'task "{self.name}" is not attached to a model yet')
        predictions_BK: Tensor = self.head(self._get_latent(model_output))
        return predictions_BK


def _targets(dataset: AccDataset) -> Tensor:
    if dataset.targets is None:
        raise TaskError(f'data set "{dataset.name}" has no targets')
    return dataset.targets


def _as_columns(targets: Tensor) -> Tensor:
    """Return targets as [N, K]; [N] would broadcast against [N, 1] into N x N errors."""
    return targets.reshape(len(targets), -1)
