"""ReconstructionTask: the decoder's image against the original."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn

from acc.checks import is_finite_number
from acc.dataset import AccDataset
from acc.evaluation.metrics import MIN_SSIM_SIDE, l1_per_image, psnr_per_image, ssim_per_image
from acc.model_output import ModelOutput
from acc.tasks.base import LossBounds, Metric, Task, TaskError
from acc.tasks.compatibility import model_facts, times
from acc.tasks.eval_split import eval_numbers

PIXEL_LOSSES = {"mse": F.mse_loss, "l1": F.l1_loss}


class ReconstructionTask(Task):
    """How far the decoder's image is from the original, in pixel values of [0, 1].

    Args:
        loss: "mse" (mean squared error) or "l1" (mean absolute error, sharper edges).
        ssim_weight: adds so many times 1 - SSIM, which looks at structure, not at pixels.
    """

    requires_decoder = True
    metrics = (
        Metric("l1", good=0.05, poor=0.15),
        Metric("psnr", good=20.0, poor=12.0, unit="dB"),
        Metric("ssim", good=0.85, poor=0.4),
    )
    # An all-black answer to handwritten digits has an error of about 0.1, squared or not.
    loss_bounds: LossBounds | None = LossBounds(healthy=0.03, critical=0.1)

    def __init__(
        self,
        name: str,
        dataset: AccDataset,
        weight: float = 1.0,
        latent_slice: tuple[int, int] | None = None,
        *,
        loss: Literal["mse", "l1"] = "mse",
        ssim_weight: float = 0.0,
    ) -> None:
        super().__init__(name, dataset, weight, latent_slice)
        if loss not in PIXEL_LOSSES:
            raise TaskError(f'loss {loss!r} is unknown; it is "mse" or "l1"')
        if not is_finite_number(ssim_weight) or ssim_weight < 0:
            raise TaskError(f"ssim_weight {ssim_weight!r} is not a finite number of 0 or more")
        self.loss = loss
        self.ssim_weight = ssim_weight
        if ssim_weight:
            self.loss_bounds = None  # no longer an error of pixels: bounds for those would lie

    def check_compatible(self, autoencoder: nn.Module, dataset: AccDataset) -> None:
        """Raise TaskError where the model does not give images like the data set's."""
        self._check_requirements(autoencoder, dataset)
        if self.latent_slice is not None:
            raise TaskError(
                "ReconstructionTask reads the whole latent through the decoder; "
                "leave latent_slice out"
            )
        given = model_facts(autoencoder, dataset).shapes[ModelOutput.RECONSTRUCTION]
        wanted = tuple(dataset.images.shape[1:])
        if given != wanted:
            raise TaskError(
                f"{type(autoencoder).__name__} reconstructs images of {times(given)}, "
                f'and data set "{dataset.name}" has {times(wanted)}'
            )
        if min(wanted[1:]) < MIN_SSIM_SIDE:
            raise TaskError(f"images of {times(wanted)} are too small; 2x2 pixels are the least")

    def _build_head(self, latent_dim: int) -> None:
        return None

    def compute_loss(
        self, model_output: Mapping[ModelOutput, Tensor], batch: Sequence[Tensor]
    ) -> Tensor:
        """Return the batch's mean pixel error, plus the weighted 1 - SSIM where asked for."""
        images, originals = model_output[ModelOutput.RECONSTRUCTION], batch[0]
        loss = PIXEL_LOSSES[self.loss](images, originals)
        if self.ssim_weight:
            loss = loss + self.ssim_weight * (1 - ssim_per_image(images, originals).mean())
        return loss

    def evaluate(self, autoencoder: nn.Module, device: torch.device | str) -> dict[str, float]:
        """Return L1, PSNR (dB, mean over images) and SSIM on the evaluation images."""
        return eval_numbers(self, self._measure, autoencoder, device)

    def _measure(
        self, model_output: Mapping[ModelOutput, Tensor], batch: Sequence[Tensor]
    ) -> dict[str, Tensor]:
        images, originals = model_output[ModelOutput.RECONSTRUCTION], batch[0]
        return {
            "l1": l1_per_image(images, originals),
            "psnr": psnr_per_image(images, originals),
            "ssim": ssim_per_image(images, originals),
        }
