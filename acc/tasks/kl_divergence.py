"""KLDivergenceTask: keeps a variational model's latent close to the standard normal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn

from acc.dataset import AccDataset
from acc.model_output import ModelOutput
from acc.tasks.base import Metric, Task, TaskError
from acc.tasks.compatibility import model_facts
from acc.tasks.eval_split import eval_means

# Below this mean KL (nats) a dimension tells next to nothing about the image.
ACTIVE_KL_NATS = 0.01


def kl_to_standard_normal(mu_BD: Tensor, logvar_BD: Tensor) -> Tensor:
    """Return KL(N(mu, sigma^2) || N(0, 1)) of each sample, in nats, [B].

    Summed over the latent and not averaged, so that a wider latent costs more, as
    in the bound it comes from: Kingma and Welling, "Auto-Encoding Variational
    Bayes", 2013, arXiv:1312.6114, appendix B.

    Args:
        mu_BD: means, [B, D].
        logvar_BD: natural logarithms of the variances, [B, D].

    Raises:
        ValueError: the two shapes differ; broadcasting would hide the mistake.
    """
    return _kl_nats_by_dimension(mu_BD, logvar_BD).sum(dim=1)


def _kl_nats_by_dimension(mu_BD: Tensor, logvar_BD: Tensor) -> Tensor:
    if mu_BD.shape != logvar_BD.shape:
        raise ValueError(
            f"mu has the shape {tuple(mu_BD.shape)} and logvar {tuple(logvar_BD.shape)}; "
            "they have to be the same"
        )
    return 0.5 * (mu_BD.square() + logvar_BD.exp() - 1 - logvar_BD)


class KLDivergenceTask(Task):
    """The KL divergence of the latent's distribution from the standard normal, in nats.

    Summed over the dimensions of the latent (or of the slice), averaged over the batch.
    How large it should be depends on model and data, so that the loss has no bounds: its
    health is judged by its trend. The share of dimensions that carry information is the
    metric with a colour; it falls towards 0 where the latent collapses.

    Args:
        warmup_steps: the loss grows linearly to its full size over so many training steps.
    """

    requires_vae = True
    reads_reconstruction = False
    metrics = (Metric("active_fraction", good=0.5, poor=0.1),)

    def __init__(
        self,
        name: str,
        dataset: AccDataset,
        weight: float = 1.0,
        latent_slice: tuple[int, int] | None = None,
        *,
        warmup_steps: int = 0,
    ) -> None:
        super().__init__(name, dataset, weight, latent_slice)
        if type(warmup_steps) is not int or warmup_steps < 0:
            raise TaskError(f"warmup_steps {warmup_steps!r} is not a whole number of 0 or more")
        self.warmup_steps = warmup_steps
        self._steps_seen = 0

    def check_compatible(self, autoencoder: nn.Module, dataset: AccDataset) -> None:
        """Raise TaskError where the model gives no mu and logvar of one shape."""
        self._check_requirements(autoencoder, dataset)
        shapes = model_facts(autoencoder, dataset).shapes
        mu, logvar = shapes[ModelOutput.MU], shapes[ModelOutput.LOGVAR]
        if mu != logvar or len(mu) != 1:
            raise TaskError(
                f"{type(autoencoder).__name__} gives mu of the shape {mu} and logvar of {logvar} "
                "for an image; both have to be (dimensions,)"
            )
        if self.latent_slice is not None and self.latent_slice[1] > mu[0]:
            start, end = self.latent_slice
            raise TaskError(
                f"latent_slice {start}:{end} reaches beyond mu, which has {mu[0]} dimensions"
            )

    def _build_head(self, latent_dim: int) -> None:
        return None

    def compute_loss(
        self,
        model_output: Mapping[ModelOutput, Tensor],
        batch: Sequence[Tensor],
    ) -> Tensor:
        """Return the batch's mean KL in nats, times the warm-up's share."""
        kl_nats = kl_to_standard_normal(*self._parameters(model_output)).mean()
        share = 1.0
        if self._steps_seen < self.warmup_steps:
            share = (self._steps_seen + 1) / self.warmup_steps
            # Only training counts: a loss looked at without gradients is no step.
            self._steps_seen += torch.is_grad_enabled()
        return kl_nats * share

    def evaluate(self, autoencoder: nn.Module, device: torch.device | str) -> dict[str, float]:
        """Return the mean KL in nats and the share of dimensions that carry information."""
        kl_D = eval_means(self, self._measure, autoencoder, device)["kl"]
        active_D = kl_D > ACTIVE_KL_NATS
        return {"kl": kl_D.sum().item(), "active_fraction": active_D.double().mean().item()}

    def checkpoint_state(self) -> dict[str, float | int | str]:
        """Return how far the warm-up is."""
        return {"steps_seen": self._steps_seen}

    def load_checkpoint_state(self, state: Mapping[str, float | int | str]) -> None:
        """Go on with the warm-up where `checkpoint_state` was taken."""
        self._steps_seen = int(state.get("steps_seen", 0))

    def _parameters(self, model_output: Mapping[ModelOutput, Tensor]) -> tuple[Tensor, Tensor]:
        mu_BD, logvar_BD = model_output[ModelOutput.MU], model_output[ModelOutput.LOGVAR]
        return self._sliced(mu_BD), self._sliced(logvar_BD)

    def _measure(
        self,
        model_output: Mapping[ModelOutput, Tensor],
        batch: Sequence[Tensor],
    ) -> dict[str, Tensor]:
        return {"kl": _kl_nats_by_dimension(*self._parameters(model_output))}
