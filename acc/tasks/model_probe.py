"""What a model gives, found out by asking it and, where it does not say, by running it once."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from acc.model_output import ModelOutput


@dataclass(frozen=True)
class ModelFacts:
    """The outputs of a model, and the shape of one sample of each ([B] left off)."""

    shapes: Mapping[str, tuple[int, ...]]

    def has(self, *outputs: ModelOutput) -> bool:
        """Tell whether the model gives all these outputs."""
        return all(output in self.shapes for output in outputs)

    @property
    def latent_dim(self) -> int | None:
        """Width of a flat latent; None where there is none or it is not flat."""
        shape = self.shapes.get(ModelOutput.LATENT, ())
        return shape[0] if len(shape) == 1 else None


@contextmanager
def evaluation_mode(*modules: nn.Module | None) -> Iterator[None]:
    """Put modules into eval mode; afterwards modes and random state are as they were."""
    present = [module for module in modules if module is not None]
    # Per submodule: a model may keep some parts (a frozen encoder) in eval mode while it trains.
    modes = [(part, part.training) for module in present for part in module.modules()]
    devices = {p.device for module in present for p in module.parameters() if p.is_cuda}
    with torch.random.fork_rng(devices=sorted(devices, key=str)):
        for module in present:
            module.eval()
        try:
            yield
        finally:
            for part, training in modes:
                part.training = training


def run_model(
    autoencoder: nn.Module, images_BCHW: Tensor, *, decode: bool = True
) -> dict[ModelOutput, Tensor]:
    """Run the model; decoding is left out where it is not wanted and the model can."""
    if not decode and "decode" in inspect.signature(autoencoder.forward).parameters:
        output: dict[ModelOutput, Tensor] = autoencoder(images_BCHW, decode=False)
    else:
        output = autoencoder(images_BCHW)
    return output


def device_of(module: nn.Module) -> torch.device:
    """Return the device of the module's first parameter; the CPU where it has none."""
    return next((parameter.device for parameter in module.parameters()), torch.device("cpu"))


def probe_model(autoencoder: nn.Module, images_BCHW: Tensor) -> ModelFacts:
    """Run the model on one image and note what comes out; the model stays as it was.

    no_grad and not inference_mode: a tensor which the model caches in its first
    forward would be an inference tensor, and the first training step would refuse it.

    Raises:
        Exception: whatever the model's own forward raises.
    """
    image = images_BCHW[:1].to(device_of(autoencoder))
    with evaluation_mode(autoencoder), torch.no_grad():
        output = run_model(autoencoder, image)
    return ModelFacts(
        {
            str(name): tuple(value.shape[1:])
            for name, value in output.items()
            if isinstance(value, Tensor)
        }
    )
