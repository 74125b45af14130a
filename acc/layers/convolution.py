"""Strided convolutions from an image to a small map, and back."""

import math
from collections.abc import Sequence

from torch import nn


class ConvEncoder(nn.Sequential):
    """Halve an image [B, C, H, W] once for each of `channels`, to a map [B, channels[-1], h, w].

    No batch norm and no dropout: a batch of one, and evaluation, see what training sees.
    """

    def __init__(self, image_channels: int, channels: Sequence[int]) -> None:
        super().__init__()
        for source, target in zip([image_channels, *channels[:-1]], channels, strict=True):
            self.append(nn.Conv2d(source, target, kernel_size=4, stride=2, padding=1))
            self.append(nn.SiLU())


class ConvDecoder(nn.Sequential):
    """Double a map [B, channels[0], h, w] once for each of `channels`, to an image in [0, 1]."""

    def __init__(self, channels: Sequence[int], image_channels: int) -> None:
        super().__init__()
        for source, target in zip(channels, [*channels[1:], image_channels], strict=True):
            self.append(nn.ConvTranspose2d(source, target, kernel_size=4, stride=2, padding=1))
            self.append(nn.SiLU())
        self[-1] = nn.Sigmoid()


class FlatDecoder(nn.Sequential):
    """Decode a latent [B, D] by one linear layer to a map, then the encoder's stages backwards."""

    def __init__(
        self,
        latent_dim: int,
        shape: tuple[int, int, int],
        channels: Sequence[int],
        image_channels: int,
    ) -> None:
        """Make a decoder whose map has `shape`, for an encoder of `channels`."""
        super().__init__(
            nn.Linear(latent_dim, math.prod(shape)),
            nn.SiLU(),
            nn.Unflatten(1, shape),
            ConvDecoder(channels[::-1], image_channels),
        )


def map_shape(image_shape: tuple[int, int, int], channels: Sequence[int]) -> tuple[int, int, int]:
    """Return (C, h, w) of what a `ConvEncoder` of `channels` makes of an image of `image_shape`."""
    side = image_shape[1] >> len(channels)
    return channels[-1], side, side
