"""The best plain PyTorch loop for the same training; it trains and does nothing else.

No DataLoader, no logging, no `.item()`: the data lies on the device, a batch is drawn by its
indices, one decoding serves the step, Adam is fused. With the same seed it computes what an ACC
job computes, number for number. Run as a process of its own; prints JSON.
"""

import argparse
import json
import time
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn

from acc.autoencoder import BaseAutoencoder
from acc.conv_vae import ConvVAE
from acc.dataset import AccDataset
from acc.datasets.builtin import load_builtin
from acc.factor_slot_autoencoder import FactorSlotAutoencoder
from acc.model_output import ModelOutput
from acc.training.batch_feed import derived_seed
from benchmarks.job import BATCH_SIZE, DATASET, LEARNING_RATE, SEED, WEIGHTS

CLASSES: dict[str, type[ConvVAE | FactorSlotAutoencoder]] = {
    "ConvVAE": ConvVAE,
    "FactorSlotAutoencoder": FactorSlotAutoencoder,
}


@dataclass(frozen=True)
class Parts:
    """What a loop trains, and on what."""

    model: BaseAutoencoder
    head: nn.Module
    optimizer: torch.optim.Optimizer
    dataset: AccDataset


def parts_build(model_name: str, *, device: torch.device, seed: int = SEED) -> Parts:
    """Make model, head, optimizer and data; the seed decides the first weights."""
    torch.manual_seed(seed)
    model = CLASSES[model_name]()
    dataset = load_builtin(DATASET)
    head = nn.Linear(model.latent_dim, dataset.num_classes or 0)
    model, head = model.to(device).train(), head.to(device).train()
    parameters = [*model.parameters(), *head.parameters()]
    optimizer = torch.optim.Adam(parameters, lr=LEARNING_RATE, fused=True)
    return Parts(model, head, optimizer, dataset.to(device))


def losses_of(parts: Parts, images_BCHW: Tensor, labels_B: Tensor) -> tuple[Tensor, ...]:
    """Return reconstruction, KL and classification losses and their weighted sum."""
    output = parts.model(images_BCHW)
    mu_BD, logvar_BD = output[ModelOutput.MU], output[ModelOutput.LOGVAR]
    reconstruction = F.mse_loss(output[ModelOutput.RECONSTRUCTION], images_BCHW)
    kl = (0.5 * (mu_BD.square() + logvar_BD.exp() - 1 - logvar_BD)).sum(dim=1).mean()
    digit = F.cross_entropy(parts.head(output[ModelOutput.LATENT]), labels_B)
    total = (
        WEIGHTS["reconstruction"] * reconstruction + WEIGHTS["kl"] * kl + WEIGHTS["digit"] * digit
    )
    return reconstruction, kl, digit, total


class BareLoop:
    """The loop's one step, and the order of its batches."""

    def __init__(self, parts: Parts, *, seed: int = SEED) -> None:
        """Begin at the first epoch; equal seeds give equal orders, and ACC's own."""
        assert parts.dataset.targets is not None
        self._parts = parts
        self._images, self._labels = parts.dataset.images, parts.dataset.targets
        self._indices = parts.dataset.train_indices
        self._generator = torch.Generator().manual_seed(derived_seed(seed, DATASET))
        self._order = self._indices[:0]
        self._position = 0

    def step(self) -> Tensor:
        """Train on one batch; return its total loss, on the device."""
        end = self._position + BATCH_SIZE
        if end > len(self._order):
            order = torch.randperm(len(self._indices), generator=self._generator)
            self._order = self._indices[order.to(self._indices.device)]
            self._position, end = 0, BATCH_SIZE
        chosen = self._order[self._position : end]
        self._position = end
        optimizer = self._parts.optimizer
        optimizer.zero_grad(set_to_none=True)
        *_, total = losses_of(
            self._parts, self._images.index_select(0, chosen), self._labels.index_select(0, chosen)
        )
        total.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        return total


def device_best() -> torch.device:
    """Return the device that ACC chooses by itself."""
    if torch.cuda.is_available():
        return torch.device("cuda", 0)
    return torch.device("mps" if torch.backends.mps.is_available() else "cpu")


def synchronize(device: torch.device) -> None:
    """Wait for the device, so that a clock read now has seen all of the work."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    elif device.type == "mps":
        torch.mps.synchronize()


def main() -> None:
    """Train; print the seconds of the loop, or with --totals the losses instead."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", choices=CLASSES, required=True)
    parser.add_argument("--steps", type=int, required=True)
    parser.add_argument("--totals", action="store_true", help="print the losses; no timing")
    options = parser.parse_args()
    device = device_best()
    loop = BareLoop(parts_build(options.model, device=device))
    if options.totals:
        printed: dict[str, Any] = {"totals": [loop.step().item() for _ in range(options.steps)]}
    else:
        printed = {"steps": options.steps, "seconds": seconds_of(loop, options.steps, device)}
    print(json.dumps(printed))


def seconds_of(loop: BareLoop, steps: int, device: torch.device) -> float:
    """Return how long so many steps take."""
    began = time.perf_counter()
    for _ in range(steps):
        loop.step()
    synchronize(device)
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
