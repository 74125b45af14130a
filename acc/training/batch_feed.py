"""Batches drawn by indexing tensors that already lie on the device, not item by item."""

import hashlib

import torch
from torch import Tensor

from acc.dataset import AccDataset


class BatchFeed:
    """An endless stream of a dataset's train batches, reshuffled every epoch.

    The last, smaller batch of an epoch is left out, except where it is the only one.
    """

    def __init__(self, dataset: AccDataset, *, batch_size: int, seed: int) -> None:
        """Begin at the first epoch.

        Args:
            dataset: already on the device that trains.
            batch_size: images a batch; a smaller dataset gives all it has.
            seed: together with the dataset's name decides the order.
        """
        self.dataset = dataset
        self._indices = dataset.train_indices.to(dataset.images.device)
        self._batch_size = min(batch_size, len(self._indices))
        self._generator = torch.Generator().manual_seed(derived_seed(seed, dataset.name))
        self._position = 0
        self._begin_epoch()

    def next(self) -> tuple[Tensor, ...]:
        """Return the next batch: images [B, C, H, W], then targets where there are any."""
        end = self._position + self._batch_size
        if end > len(self._order):
            self._begin_epoch()
            end = self._batch_size
        chosen = self._order[self._position : end]
        self._position = end
        return self.dataset.batch(chosen)

    def state(self) -> tuple[Tensor, int]:
        """Return the generator's state at the epoch's begin, uint8, and the place within it."""
        return self._epoch_state.clone(), self._position

    def load_state(self, epoch_state: Tensor, position: int) -> None:
        """Go to where `state` was taken."""
        self._generator.set_state(epoch_state.cpu())
        self._begin_epoch()
        self._position = position

    def _begin_epoch(self) -> None:
        self._epoch_state = self._generator.get_state()
        order = torch.randperm(len(self._indices), generator=self._generator)
        self._order = self._indices[order.to(self._indices.device)]
        self._position = 0


def derived_seed(seed: int, name: str) -> int:
    """Return a seed for one named part, so that parts of one job do not share their numbers."""
    digest = hashlib.sha256(f"{seed}:{name}".encode()).digest()
    return int.from_bytes(digest[:8], "little") >> 1
