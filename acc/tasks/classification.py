"""ClassificationTask: a linear probe of the latent for the data set's classes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn

from acc.dataset import AccDataset
from acc.model_output import ModelOutput
from acc.tasks.base import LossBounds, Metric, Task, TaskError
from acc.tasks.compatibility import model_facts
from acc.tasks.eval_split import eval_numbers


class ClassificationTask(Task):
    """A linear probe on the latent, trained with cross-entropy (nats).

    What a linear probe reads off a representation is the standard test of what it
    holds: Alain and Bengio, "Understanding intermediate layers using linear
    classifier probes", 2016, arXiv:1610.01644. Here the gradient flows on into the
    encoder, so that the task also shapes the latent.
    """

    requires_target = "classes"
    reads_reconstruction = False
    metrics = (Metric("accuracy", good=0.9, poor=0.5),)
    loss_bounds = LossBounds(healthy=0.1, critical=2.0)  # nats; guessing among ten classes is 2.3

    def check_compatible(self, autoencoder: nn.Module, dataset: AccDataset) -> None:
        """Raise TaskError where the data set has no classes or the model gives no latent."""
        self._check_requirements(autoencoder, dataset)
        if not model_facts(autoencoder, dataset).has(ModelOutput.LATENT):
            raise TaskError(f"{type(autoencoder).__name__} gives no latent to classify from")
        class_count = dataset.num_classes or 0
        if class_count < 2:
            raise TaskError(f'data set "{dataset.name}" has {class_count} classes; two are needed')

    def _build_head(self, latent_dim: int) -> nn.Module:
        return nn.Linear(latent_dim, self.dataset.num_classes or 0)

    def compute_loss(
        self, model_output: Mapping[ModelOutput, Tensor], batch: Sequence[Tensor]
    ) -> Tensor:
        """Return the batch's mean cross-entropy in nats."""
        return F.cross_entropy(self._logits(model_output), batch[1])

    def evaluate(self, autoencoder: nn.Module, device: torch.device | str) -> dict[str, float]:
        """Return the share of evaluation images whose class the probe names."""
        return eval_numbers(self, self._measure, autoencoder, device)

    def _measure(
        self, model_output: Mapping[ModelOutput, Tensor], batch: Sequence[Tensor]
    ) -> dict[str, Tensor]:
        return {"accuracy": self._logits(model_output).argmax(dim=1) == batch[1]}

    def _logits(self, model_output: Mapping[ModelOutput, Tensor]) -> Tensor:
        if self.head is None:
            raise TaskError(f'task "{self.name}" is not attached to a model yet')
        logits_BK: Tensor = self.head(self._get_latent(model_output))
        return logits_BK
