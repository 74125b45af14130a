"""What every model shares, and the plain convolutional autoencoder."""

import inspect
import math
from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, ClassVar, TypeAlias

from torch import Tensor, nn

from acc.checks import require_image_shape, require_whole, require_wholes
from acc.factor_group import FactorGroup
from acc.layers.convolution import ConvEncoder, FlatDecoder, map_shape
from acc.model_output import ModelOutput

JsonDict: TypeAlias = dict[str, Any]

MAX_LATENT_DIM = 4096
DEFAULT_IMAGE_SHAPE = (1, 32, 32)
DEFAULT_CHANNELS = (16, 32, 64)


class BaseAutoencoder(nn.Module, ABC):
    """A model that encodes images into one flat latent, and decodes a latent into images.

    A subclass sets `image_shape` and `latent_dim`, and keeps every parameter of its constructor as
    an attribute of the same name: `config()` reads them there.
    """

    is_vae: ClassVar[bool] = False
    has_decoder: ClassVar[bool] = True

    image_shape: tuple[int, int, int]
    """(C, H, W) of the images that go in and come out."""

    latent_dim: int
    """How many coordinates the flat latent has."""

    @abstractmethod
    def encode(self, images_BCHW: Tensor) -> dict[ModelOutput, Tensor]:
        """Return LATENT [B, D], and MU and LOGVAR [B, D] where the model is a VAE.

        Args:
            images_BCHW: float32 in [0, 1].
        """

    @abstractmethod
    def decode(self, latent_BD: Tensor) -> Tensor:
        """Return the images of a latent [B, D], [B, C, H, W] float32 in [0, 1]."""

    def forward(self, images_BCHW: Tensor, *, decode: bool = True) -> dict[ModelOutput, Tensor]:
        """Return what `encode` returns, and RECONSTRUCTION [B, C, H, W] unless told not to decode.

        A model without a decoder never decodes.

        Raises:
            ValueError: the images are not of the model's shape.
        """
        output = self.encode(images_BCHW)
        if decode and self.has_decoder:
            output[ModelOutput.RECONSTRUCTION] = self.decode(output[ModelOutput.LATENT])
        return output

    @property
    def factor_groups(self) -> tuple[FactorGroup, ...]:
        """Return the named parts of the latent; a model without names has none."""
        return ()

    def config(self) -> JsonDict:
        """Return the constructor's arguments in JSON's types; `cls(**config)` rebuilds it."""
        return {
            name: _plain(getattr(self, name)) for name in inspect.signature(type(self)).parameters
        }

    def describe(self) -> JsonDict:
        """Return what a screen shows of the model, in JSON's types."""
        return {
            "class_name": type(self).__name__,
            "config": self.config(),
            "parameter_count": sum(parameter.numel() for parameter in self.parameters()),
            "latent_dim": self.latent_dim,
            "image_shape": list(self.image_shape),
            "has_decoder": self.has_decoder,
            "is_vae": self.is_vae,
            "factor_groups": [
                {"name": group.name, "start": group.start, "end": group.end}
                for group in self.factor_groups
            ],
            "layers": _layers(self),
        }

    def _require_images(self, images_BCHW: Tensor) -> None:
        if images_BCHW.dim() != 4 or tuple(images_BCHW.shape[1:]) != self.image_shape:
            raise ValueError(
                f"{type(self).__name__} takes images of shape {['B', *self.image_shape]}, "
                f"not {list(images_BCHW.shape)}"
            )

    def _require_latent(self, latent_BD: Tensor) -> None:
        if latent_BD.dim() != 2 or latent_BD.shape[1] != self.latent_dim:
            raise ValueError(
                f"{type(self).__name__} decodes latents of shape {['B', self.latent_dim]}, "
                f"not {list(latent_BD.shape)}"
            )


class Autoencoder(BaseAutoencoder):
    """A convolutional autoencoder with a flat latent; no noise, no prior.

    Args:
        image_shape: Channels, height and width; square, and divisible by 2 once for each stage.
        latent_dim: How many numbers the latent has.
        channels: Feature maps of each stage of the encoder; each stage halves height and width.
    """

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
        self.to_latent = nn.Linear(math.prod(shape), self.latent_dim)
        self.decoder = FlatDecoder(self.latent_dim, shape, self.channels, self.image_shape[0])

    def encode(self, images_BCHW: Tensor) -> dict[ModelOutput, Tensor]:
        """Return LATENT [B, D]."""
        self._require_images(images_BCHW)
        return {ModelOutput.LATENT: self.to_latent(self.encoder(images_BCHW).flatten(1))}

    def decode(self, latent_BD: Tensor) -> Tensor:
        """Return images [B, C, H, W] in [0, 1]."""
        self._require_latent(latent_BD)
        images: Tensor = self.decoder(latent_BD)
        return images


def _plain(value: Any) -> Any:
    """Return `value` with tuples as lists, as JSON would give it back."""
    return [_plain(item) for item in value] if isinstance(value, tuple | list) else value


def _layers(model: nn.Module) -> list[JsonDict]:
    """Return each module that holds parameters of its own or has no parts; their counts add up."""
    layers = []
    for name, module in model.named_modules():
        parameter_count = sum(own.numel() for own in module.parameters(recurse=False))
        if parameter_count or not any(module.children()):
            layers.append(
                {"name": name, "type": type(module).__name__, "parameters": parameter_count}
            )
    return layers
