"""Images of a data set beside what a model makes of them."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from acc.dataset import AccDataset
from acc.evaluation.metrics import psnr_per_image
from acc.model_output import ModelOutput
from acc.tasks.compatibility import check_image_shape
from acc.tasks.errors import TaskError
from acc.tasks.model_probe import evaluation_mode, run_model


@dataclass(frozen=True)
class Reconstruction:
    """Some images and what came back.

    Attributes:
        indices_B: which images of the data set these are.
        psnr_B: how like each is to its original, in dB; 100 for one that is met exactly.
    """

    indices_B: Tensor
    originals_BCHW: Tensor
    images_BCHW: Tensor
    psnr_B: Tensor


def choose_images(dataset: AccDataset, count: int, *, fixed: bool) -> Tensor:
    """Return the indices of held-out images, [B]; all of them where there are fewer.

    Args:
        fixed: the same ones each time, to follow over time; otherwise others each time.
    """
    generator = torch.Generator()
    if fixed:
        generator.manual_seed(dataset.seed)
    else:
        generator.seed()
    order = torch.randperm(dataset.eval_size, generator=generator)[:count]
    return dataset.eval_indices.cpu()[order]


def reconstruct(
    autoencoder: nn.Module, dataset: AccDataset, indices_B: Tensor, device: torch.device | str
) -> Reconstruction:
    """Return images of a data set as the model gives them back; the model stays as it was.

    Raises:
        TaskError: the model takes other images, or has no decoder.
    """
    check_image_shape(autoencoder, dataset)
    originals = dataset.batch(indices_B)[0].to(device)
    with evaluation_mode(autoencoder), torch.inference_mode():
        images = run_model(autoencoder, originals).get(ModelOutput.RECONSTRUCTION)
    if images is None:
        raise TaskError(
            f"{type(autoencoder).__name__} has no decoder, so there is nothing to compare"
        )
    originals, images = originals.float().cpu(), images.float().cpu()
    return Reconstruction(indices_B, originals, images, psnr_per_image(images, originals))
