"""The loop that most people write: a DataLoader, and five scalars a step to TensorBoard.

The maths is the bare loop's. Run as a process of its own; prints JSON.
"""

import argparse
import json
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import torch
from torch import Tensor
from torch.utils.data import DataLoader, TensorDataset
from torch.utils.tensorboard import SummaryWriter

from benchmarks.bare_loop import CLASSES, Parts, device_best, losses_of, parts_build, synchronize
from benchmarks.job import BATCH_SIZE

LOADER_WORKERS = (0, 2)
NAMES = ("reconstruction", "kl", "digit", "total")


def main() -> None:
    """Train and log; print the seconds of the loop."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", choices=CLASSES, required=True)
    parser.add_argument("--steps", type=int, required=True)
    parser.add_argument("--loader-workers", type=int, choices=LOADER_WORKERS, default=0)
    options = parser.parse_args()
    device = device_best()
    parts = parts_build(options.model, device=device)
    batches = batches_endless(parts, worker_count=options.loader_workers)
    next(batches)  # the loader's workers start outside of the timing
    with tempfile.TemporaryDirectory(prefix="acc-bench-") as folder:
        seconds = train_logged(parts, batches, device, steps=options.steps, folder=Path(folder))
    print(json.dumps({"steps": options.steps, "seconds": seconds}))


def train_logged(
    parts: Parts,
    batches: Iterator[tuple[Tensor, Tensor]],
    device: torch.device,
    *,
    steps: int,
    folder: Path,
) -> float:
    """Return the seconds of the loop; what the writer still has to write afterwards is free."""
    writer = SummaryWriter(str(folder))
    began = time.perf_counter()
    for step in range(steps):
        images_BCHW, labels_B = next(batches)
        parts.optimizer.zero_grad(set_to_none=True)
        losses = losses_of(parts, images_BCHW.to(device), labels_B.to(device))
        losses[-1].backward()  # type: ignore[no-untyped-call]
        parts.optimizer.step()
        for name, loss in zip(NAMES, losses, strict=True):
            writer.add_scalar(name, loss.item(), step)
        writer.add_scalar("lr", parts.optimizer.param_groups[0]["lr"], step)
    synchronize(device)
    seconds = time.perf_counter() - began
    writer.close()
    return seconds


def batches_endless(parts: Parts, *, worker_count: int) -> Iterator[tuple[Tensor, Tensor]]:
    """Yield shuffled batches for ever, from a DataLoader over the images on the host."""
    dataset = parts.dataset.to("cpu")
    assert dataset.targets is not None
    chosen = dataset.train_indices
    loader = DataLoader(
        TensorDataset(dataset.images[chosen], dataset.targets[chosen]),
        batch_size=BATCH_SIZE,
        shuffle=True,
        drop_last=True,
        num_workers=worker_count,
        persistent_workers=worker_count > 0,
        pin_memory=torch.cuda.is_available(),
    )
    while True:
        yield from loader


if __name__ == "__main__":
    main()
