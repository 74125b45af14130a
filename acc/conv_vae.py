"""The convolutional variational autoencoder."""

from collections.abc import Sequence
from typing import ClassVar

import torch
from torch import Tensor, nn

from acc.autoencoder import (
    DEFAULT_CHANNELS,
    DEFAULT_IMAGE_SHAPE,
    MAX_LATENT_DIM,
    BaseAutoencoder,
)
from acc.checks import require_image_shape, require_whole, require_wholes
from acc.layers.convolution import ConvEncoder, FlatDecoder, map_shape
from acc.layers.gaussian import bound_logvar, reparametrise
from acc.model_output import ModelOutput

# The posterior's first standard deviation is exp(-1), so that the code is heard above its noise
# from the first step; with 1 the decoder first learns to ignore it.
_FIRST_LOGVAR = -2.0


class ConvVAE(BaseAutoencoder):
    """A convolutional variational autoencoder with a flat Gaussian latent.

    Kingma and Welling, "Auto-Encoding Variational Bayes", 2013, arXiv:1312.6114.

    Args:
        image_shape: Channels, height and width; square, and divisible by 2 once for each stage.
        latent_dim: How many numbers the latent has.
        channels: Feature maps of each stage of the encoder; each stage halves height and width.
    """

    is_vae: ClassVar[bool] = True

    def __init__(
        self,
        image_shape: Sequence[int] = DEFAULT_IMAGE_SHAPE,
        latent_dim: int = 32,
        channels: Sequence[int] = DEFAULT_CHANNELS,
    ) -> None:
        """Build the model with random weights from torch's global random numbers.

        Raises:
            ValueError: a parameter does not fit, in one sentence.
        """
        super().__init__()
        self.channels = require_wholes("channels", channels, low=1, high=4096)
        self.image_shape = require_image_shape(image_shape, stage_count=len(self.channels))
        self.latent_dim = require_whole("latent_dim", latent_dim, low=1, high=MAX_LATENT_DIM)
        self.encoder = ConvEncoder(self.image_shape[0], self.channels)
        shape = map_shape(self.image_shape, self.channels)
        self.to_posterior = nn.Linear(shape[0] * shape[1] * shape[2], 2 * self.latent_dim)
        with torch.no_grad():
            self.to_posterior.bias[self.latent_dim :] = _FIRST_LOGVAR
        self.decoder = FlatDecoder(self.latent_dim, shape, self.channels, self.image_shape[0])

    def encode(self, images_BCHW: Tensor) -> dict[ModelOutput, Tensor]:
        """Return LATENT, MU and LOGVAR, each [B, D]; LATENT is a sample while training, else MU."""
        self._require_images(images_BCHW)
        posterior_B2D = self.to_posterior(self.encoder(images_BCHW).flatten(1))
        mu_BD, raw_logvar_BD = posterior_B2D.chunk(2, dim=1)
        logvar_BD = bound_logvar(raw_logvar_BD)
        return {
            ModelOutput.LATENT: reparametrise(mu_BD, logvar_BD) if self.training else mu_BD,
            ModelOutput.MU: mu_BD,
            ModelOutput.LOGVAR: logvar_BD,
        }

    def decode(self, latent_BD: Tensor) -> Tensor:
        """Return images [B, C, H, W] in [0, 1]."""
        self._require_latent(latent_BD)
        images: Tensor = self.decoder(latent_BD)
        return images
