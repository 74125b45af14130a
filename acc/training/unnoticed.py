"""Something tried beside a training, which notices nothing of it."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import torch
from torch import Tensor

from acc.training.randomness import own_randomness


@contextmanager
def unnoticed(tensors: Iterable[Tensor], *, seed: int) -> Iterator[None]:
    """Let all random generators begin at a seed; afterwards they and `tensors` are as they were."""
    before = [(tensor, tensor.detach().clone()) for tensor in tensors]
    try:
        with own_randomness(seed):
            yield
    finally:
        with torch.no_grad():
            for tensor, was in before:
                tensor.copy_(was)
