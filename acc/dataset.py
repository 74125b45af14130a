"""Images with targets, split once into a part to train on and a part to judge by."""

import copy
import hashlib
import json
from typing import Any, TypeAlias

import numpy as np
import torch
from torch import Tensor

from acc.checks import require_name, require_real, require_whole
from acc.dataset_checks import (
    ArrayLike,
    DatasetError,
    TargetType,
    checked_eval_indices,
    checked_images,
    checked_targets,
)
from acc.splitting import BatchLoader, split_indices

__all__ = ["AccDataset", "Batch", "DatasetError"]

Batch: TypeAlias = tuple[Tensor, ...]

_MAX_SEED = 2**63 - 1


class AccDataset:
    """Images in memory, with targets or without, split into a train and an eval part.

    Args:
        images: [N, C, H, W] or [N, H, W]; uint8 from 0 to 255, or floats from 0 to 1. A float32
            tensor is kept and not copied.
        targets: integers [N] are classes, floats [N] or [N, K] are values to predict.
        name: what people and tasks call the data set.
        target_type: "classes" or "float", where the type of the targets would say otherwise.
        num_classes: how many classes there are, where the labels do not show all of them.
        eval_fraction: the share of images held out; each class gives its share.
        seed: decides the split and the order of training; the same seed, the same order.
        eval_indices: which images are held out, in place of an `eval_fraction` of them.

    Raises:
        DatasetError: the data cannot be used, in one sentence that says why.
    """

    images: Tensor
    """[N, C, H, W] float32 in [0, 1]."""

    targets: Tensor | None
    """int64 [N] for "classes", float32 [N, K] for "float", or None."""

    def __init__(
        self,
        images: ArrayLike,
        targets: ArrayLike | None = None,
        *,
        name: str,
        target_type: TargetType | None = None,
        num_classes: int | None = None,
        eval_fraction: float = 0.15,
        seed: int = 0,
        eval_indices: ArrayLike | None = None,
    ) -> None:
        try:
            self.name = require_name("a data set's name", name)
            self.seed = require_whole("seed", seed, low=0, high=_MAX_SEED)
            eval_fraction = require_real("eval_fraction", eval_fraction, low=0, high=1)
        except ValueError as error:
            raise DatasetError(str(error)) from error
        self.images = checked_images(images)
        self.targets, self.target_type, self.num_classes = checked_targets(
            targets, size=len(self.images), target_type=target_type, num_classes=num_classes
        )
        held_out = None
        if eval_indices is not None:
            held_out = checked_eval_indices(eval_indices, size=len(self.images))
        self.train_indices, self.eval_indices = split_indices(
            size=len(self.images),
            labels=self.targets if self.target_type == "classes" else None,
            eval_fraction=eval_fraction,
            seed=self.seed,
            eval_indices=held_out,
        )
        self._content_hash: str | None = None

    def __len__(self) -> int:
        """Return how many images there are, both parts together."""
        return len(self.images)

    def __repr__(self) -> str:
        """Return the name, the shape of the images and what the targets are."""
        shape = "x".join(map(str, self.images.shape))
        return f"AccDataset({self.name!r}, {shape}, target_type={self.target_type!r})"

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """Return (C, H, W)."""
        channel_count, height, width = self.images.shape[1:]
        return channel_count, height, width

    @property
    def train_size(self) -> int:
        """Return how many images are trained on."""
        return len(self.train_indices)

    @property
    def eval_size(self) -> int:
        """Return how many images are held out."""
        return len(self.eval_indices)

    @property
    def target_dim(self) -> int | None:
        """Return K of the float targets [N, K]; None without float targets."""
        is_float = self.targets is not None and self.target_type == "float"
        return self.targets.shape[1] if is_float and self.targets is not None else None

    def describe(self) -> dict[str, Any]:
        """Return what a screen shows of the data set, in JSON's types."""
        return {
            "name": self.name,
            "size": len(self),
            "image_shape": list(self.image_shape),
            "target_type": self.target_type,
            "num_classes": self.num_classes,
            "target_dim": self.target_dim,
            "train_size": self.train_size,
            "eval_size": self.eval_size,
        }

    def batch(self, indices: Tensor) -> Batch:
        """Return (images, targets), or (images,) without targets, of `indices` [B] int64."""
        indices = indices.to(self.images.device)
        images = self.images.index_select(0, indices)
        if self.targets is None:
            return (images,)
        return images, self.targets.index_select(0, indices)

    def sample(self, n: int, *, seed: int | None = None) -> Tensor:
        """Return `n` different images, [n, C, H, W]; all of them where there are fewer.

        The same each time for one `seed` (by default the data set's own).

        Raises:
            DatasetError: n is not a positive whole number.
        """
        if isinstance(n, bool) or not isinstance(n, int) or n < 1:
            raise DatasetError(f"a sample needs a positive number of images, not {n!r}")
        generator = torch.Generator().manual_seed(self.seed if seed is None else seed)
        return self.batch(torch.randperm(len(self), generator=generator)[:n])[0]

    def train_loader(self, batch_size: int) -> BatchLoader:
        """Return batches of the train part, in a new order each time they are gone through.

        A last batch that is not full is left out, unless it is the only one. The orders follow from
        the data set's seed, and torch's global random numbers are not touched.

        Raises:
            DatasetError: batch_size is not a positive whole number.
        """
        return BatchLoader(
            self.batch, self.train_indices, _batch_size(batch_size), shuffle_seed=self.seed
        )

    def eval_loader(self, batch_size: int) -> BatchLoader:
        """Return batches of the eval part, all of it, always in the same order.

        Raises:
            DatasetError: batch_size is not a positive whole number.
        """
        return BatchLoader(self.batch, self.eval_indices, _batch_size(batch_size))

    def to(self, device: torch.device | str) -> "AccDataset":
        """Return the same data set with its tensors on `device`; this one stays where it is."""
        moved = copy.copy(self)
        moved.images = self.images.to(device)
        moved.targets = None if self.targets is None else self.targets.to(device)
        moved.train_indices = self.train_indices.to(device)
        moved.eval_indices = self.eval_indices.to(device)
        return moved

    def content_hash(self) -> str:
        """Return the SHA-256, in hex, of images, targets, split and seed; the name does not count.

        Equal hashes mean equal training: the bytes are little-endian on every machine.
        """
        if self._content_hash is None:
            facts = {
                "image_shape": [len(self), *self.image_shape],
                "target_type": self.target_type,
                "num_classes": self.num_classes,
                "target_dim": self.target_dim,
                "seed": self.seed,
            }
            digest = hashlib.sha256(json.dumps(facts, sort_keys=True).encode())
            for tensor in (self.images, self.targets, self.train_indices, self.eval_indices):
                if tensor is not None:
                    digest.update(_little_endian(tensor))
            self._content_hash = digest.hexdigest()
        return self._content_hash


def _batch_size(batch_size: int) -> int:
    if isinstance(batch_size, bool) or not isinstance(batch_size, int) or batch_size < 1:
        raise DatasetError(f"batch_size must be a positive whole number, not {batch_size!r}")
    return batch_size


def _little_endian(tensor: Tensor) -> memoryview:
    array = np.ascontiguousarray(tensor.cpu().numpy())
    return array.astype(array.dtype.newbyteorder("<"), copy=False).view(np.uint8).data
