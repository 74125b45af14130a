"""Models as small as they can be, whose outputs a test can work out by hand."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from acc.dataset import AccDataset
from acc.model_output import ModelOutput
from acc.tasks.base import Task

IMAGE_SHAPE = (1, 12, 12)
LATENT_DIM = 16


class SmallModel(nn.Module):
    """A plain autoencoder that says nothing about itself."""

    def __init__(self, image_shape: tuple[int, int, int] = IMAGE_SHAPE) -> None:
        super().__init__()
        size = image_shape[0] * image_shape[1] * image_shape[2]
        self.encoder = nn.Sequential(
            nn.Flatten(), nn.Linear(size, LATENT_DIM), nn.BatchNorm1d(LATENT_DIM), nn.Dropout(0.5)
        )
        self.decoder = nn.Sequential(
            nn.Linear(LATENT_DIM, size), nn.Sigmoid(), nn.Unflatten(1, image_shape)
        )

    def forward(self, images: Tensor) -> dict[ModelOutput, Tensor]:
        """Return LATENT and RECONSTRUCTION."""
        latent = self.encoder(images)
        return {ModelOutput.LATENT: latent, ModelOutput.RECONSTRUCTION: self.decoder(latent)}


class SmallVAE(SmallModel):
    """A variational one: two linear maps for mu and logvar, noise on top while it trains."""

    def __init__(self, image_shape: tuple[int, int, int] = IMAGE_SHAPE) -> None:
        super().__init__(image_shape)
        size = image_shape[0] * image_shape[1] * image_shape[2]
        self.mu, self.logvar = nn.Linear(size, LATENT_DIM), nn.Linear(size, LATENT_DIM)

    def forward(self, images: Tensor) -> dict[ModelOutput, Tensor]:
        """Return LATENT, MU, LOGVAR and RECONSTRUCTION."""
        mu, logvar = self.mu(images.flatten(1)), self.logvar(images.flatten(1))
        noise = torch.randn_like(mu) * (0.5 * logvar).exp()
        latent = mu + noise if self.training else mu
        return {
            ModelOutput.LATENT: latent,
            ModelOutput.MU: mu,
            ModelOutput.LOGVAR: logvar,
            ModelOutput.RECONSTRUCTION: self.decoder(latent),
        }


class EncoderOnly(nn.Module):
    """Images in, a latent out, no way back."""

    def forward(self, images: Tensor) -> dict[ModelOutput, Tensor]:
        """Return LATENT alone."""
        return {ModelOutput.LATENT: images.flatten(1)[:, :LATENT_DIM]}


def linear_head(task: Task) -> nn.Linear:
    """Return the head of an attached task."""
    assert isinstance(task.head, nn.Linear)
    return task.head


def dataset(
    kind: str | None = "classes",
    *,
    count: int = 700,
    image_shape: tuple[int, int, int] = IMAGE_SHAPE,
    name: str = "dots",
) -> AccDataset:
    """Return random images with classes, float targets or none."""
    generator = torch.Generator().manual_seed(5)
    images = torch.rand(count, *image_shape, generator=generator)
    targets = {
        "classes": torch.arange(count) % 4,
        "float": torch.stack([images.mean(dim=(1, 2, 3)), images[:, 0, 0, 0]], dim=1),
        None: None,
    }[kind]
    return AccDataset(images, targets, name=name)
