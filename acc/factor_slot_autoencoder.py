"""A VAE whose latent is made of named factors, decoded by attention to them."""

from collections.abc import Mapping, Sequence
from itertools import accumulate
from typing import ClassVar, cast

from torch import Tensor

from acc.autoencoder import DEFAULT_CHANNELS, DEFAULT_IMAGE_SHAPE, MAX_LATENT_DIM, BaseAutoencoder
from acc.checks import require_image_shape, require_name, require_whole, require_wholes
from acc.factor_group import FactorGroup
from acc.layers.convolution import ConvEncoder, map_shape
from acc.layers.gaussian import reparametrise
from acc.layers.slot_decoder import SlotDecoder
from acc.layers.spatial_bottleneck import SpatialBottleneck
from acc.model_output import ModelOutput

DEFAULT_FACTORS = (("digit", 16), ("thickness", 4), ("slant", 4), ("free", 8))
_MAX_FACTOR_COUNT = 64


class FactorSlotAutoencoder(BaseAutoencoder):
    """A VAE whose flat latent is the concatenation of named factor groups, its slots.

    Convolutions make a map of the image; a bottleneck joins what each place of it says into one
    Gaussian posterior (`SpatialBottleneck`); each group's part of the sample becomes tokens, and
    each place of the decoder's map attends to them (`SlotDecoder`).

    Args:
        image_shape: Channels, height and width; square, and divisible by 2 once for each stage.
        factors: Name and width of each factor group, in order, as [["digit", 16], ["slant", 4]].
        channels: Feature maps of each stage of the encoder; each stage halves height and width.
        slots_per_factor: Tokens that each factor group offers to the decoder's attention.
        attention_blocks: Rounds of attention in the decoder.
        attention_heads: Heads of the attention; a divisor of the decoder's width.
        decoder_channels: Width of the attention, then of the map after each doubling but the last.
    """

    is_vae: ClassVar[bool] = True

    def __init__(
        self,
        image_shape: Sequence[int] = DEFAULT_IMAGE_SHAPE,
        factors: Mapping[str, int] | Sequence[Sequence[str | int]] = DEFAULT_FACTORS,
        channels: Sequence[int] = DEFAULT_CHANNELS,
        *,
        slots_per_factor: int = 4,
        attention_blocks: int = 1,
        attention_heads: int = 4,
        decoder_channels: Sequence[int] = (64, 32, 16),
    ) -> None:
        """Build the model with random weights from torch's global random numbers.

        Raises:
            ValueError: a parameter does not fit, in one sentence.
        """
        super().__init__()
        self.channels = require_wholes("channels", channels, low=1, high=4096)
        self.decoder_channels = require_wholes(
            "decoder_channels", decoder_channels, low=1, high=4096
        )
        stage_count = max(len(self.channels), len(self.decoder_channels))
        self.image_shape = require_image_shape(image_shape, stage_count=stage_count)
        self._groups = _groups_of(factors)
        self.factors = tuple((group.name, group.width) for group in self._groups)
        self.latent_dim = self._groups[-1].end
        self.slots_per_factor = require_whole("slots_per_factor", slots_per_factor, low=1, high=256)
        self.attention_blocks = require_whole("attention_blocks", attention_blocks, low=1, high=32)
        self.attention_heads = require_whole("attention_heads", attention_heads, low=1, high=64)
        if self.decoder_channels[0] % self.attention_heads:
            raise ValueError(
                f"attention_heads must divide the first of decoder_channels, "
                f"{self.decoder_channels[0]}; {self.attention_heads} does not"
            )
        self.encoder = ConvEncoder(self.image_shape[0], self.channels)
        shape = map_shape(self.image_shape, self.channels)
        self.bottleneck = SpatialBottleneck(shape[0], shape[1] * shape[2], self.latent_dim)
        self.decoder = SlotDecoder(
            self._groups,
            slots_per_factor=self.slots_per_factor,
            attention_blocks=self.attention_blocks,
            attention_heads=self.attention_heads,
            map_size=self.image_shape[1] >> len(self.decoder_channels),
            channels=self.decoder_channels,
            image_channels=self.image_shape[0],
        )

    @property
    def factor_groups(self) -> tuple[FactorGroup, ...]:
        """Return the named parts of the latent, in its order."""
        return self._groups

    def encode(self, images_BCHW: Tensor) -> dict[ModelOutput, Tensor]:
        """Return LATENT, MU and LOGVAR, each [B, D], and FACTORS, a dictionary of LATENT's parts.

        LATENT is a sample while training, else MU.
        """
        self._require_images(images_BCHW)
        mu_BD, logvar_BD = self.bottleneck(self.encoder(images_BCHW))
        latent_BD = reparametrise(mu_BD, logvar_BD) if self.training else mu_BD
        factors = {group.name: latent_BD[:, group.slice] for group in self._groups}
        return {
            ModelOutput.LATENT: latent_BD,
            ModelOutput.MU: mu_BD,
            ModelOutput.LOGVAR: logvar_BD,
            # The one value that is no tensor; typed as one so that no reader of the others casts.
            ModelOutput.FACTORS: cast("Tensor", factors),
        }

    def decode(self, latent_BD: Tensor) -> Tensor:
        """Return images [B, C, H, W] in [0, 1]."""
        self._require_latent(latent_BD)
        images: Tensor = self.decoder(latent_BD)
        return images


def _groups_of(
    factors: Mapping[str, int] | Sequence[Sequence[str | int]],
) -> tuple[FactorGroup, ...]:
    """Return the groups side by side.

    Raises:
        ValueError: the factors are no list of names and widths, or a name comes twice.
    """
    pairs = list(factors.items()) if isinstance(factors, Mapping) else factors
    if not isinstance(pairs, list | tuple) or not 1 <= len(pairs) <= _MAX_FACTOR_COUNT:
        raise ValueError(f"factors must be 1 to {_MAX_FACTOR_COUNT} pairs of a name and a width")
    if any(not isinstance(pair, list | tuple) or len(pair) != 2 for pair in pairs):
        raise ValueError('each of factors must be a name and a width, such as ["digit", 16]')
    names = [require_name("a factor's name", cast("str", name)) for name, _ in pairs]
    widths = [
        require_whole(f"the width of factor {name!r}", cast("int", width), low=1, high=1024)
        for name, width in pairs
    ]
    if len(set(names)) < len(names):
        raise ValueError("factors must have different names")
    ends = list(accumulate(widths))
    if ends[-1] > MAX_LATENT_DIM:
        raise ValueError(f"the factors' widths must sum to at most {MAX_LATENT_DIM}")
    return tuple(
        FactorGroup(name, end - width, end)
        for name, width, end in zip(names, widths, ends, strict=True)
    )
