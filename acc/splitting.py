"""Which images are trained on, and in what batches."""

from collections.abc import Callable, Iterator

import torch
from torch import Tensor


def split_indices(
    *,
    size: int,
    labels: Tensor | None,
    eval_fraction: float,
    seed: int,
    eval_indices: Tensor | None = None,
) -> tuple[Tensor, Tensor]:
    """Return (train, eval) indices, int64, each in random order; together each of `size` once.

    With `labels` [N] each class gives its share to eval, to within one image. Neither part is
    empty. `eval_indices`, if given, is the eval part. Always the same for the same seed.
    """
    generator = torch.Generator().manual_seed(seed)
    order = torch.randperm(size, generator=generator)
    is_eval = torch.zeros(size, dtype=torch.bool)
    if eval_indices is None:
        if labels is not None:
            # Stable, so that the members of a class stay in random order.
            order = order[torch.argsort(labels.cpu()[order], stable=True)]
        eval_count = min(max(round(size * eval_fraction), 1), size - 1)
        # Every (size / eval_count)-th of the order, in whole numbers: exactly eval_count of them.
        rank = torch.arange(size)
        taken = (rank + 1) * eval_count // size > rank * eval_count // size
        is_eval[order[taken]] = True
    else:
        is_eval[eval_indices.cpu()] = True
    shuffled = torch.randperm(size, generator=generator)
    return shuffled[~is_eval[shuffled]], shuffled[is_eval[shuffled]]


class BatchLoader:
    """Batches of a data set's part, to be gone through as often as one likes.

    Draws by indexing whole tensors: a batch costs one copy, not one call an image.
    """

    def __init__(
        self,
        draw: Callable[[Tensor], tuple[Tensor, ...]],
        indices: Tensor,
        batch_size: int,
        *,
        shuffle_seed: int | None = None,
    ) -> None:
        """Make batches of `indices` [M] with `draw`.

        With `shuffle_seed` each pass has an order of its own and full batches only, unless there
        are fewer images than one batch; without it, the order is kept and the last batch too.
        """
        self._draw = draw
        self._indices = indices
        self._batch_size = batch_size
        self._generator: torch.Generator | None = None
        if shuffle_seed is not None:
            self._generator = torch.Generator().manual_seed(shuffle_seed)

    def __len__(self) -> int:
        """Return how many batches one pass gives; at least one."""
        full, rest = divmod(len(self._indices), self._batch_size)
        keeps_rest = self._generator is None or full == 0
        return full + (1 if rest and keeps_rest else 0)

    def __iter__(self) -> Iterator[tuple[Tensor, ...]]:
        """Yield (images, targets), or (images,) without targets."""
        indices = self._indices
        if self._generator is not None:
            order = torch.randperm(len(indices), generator=self._generator)
            indices = indices[order.to(indices.device)]
        for batch in range(len(self)):
            start = batch * self._batch_size
            yield self._draw(indices[start : start + self._batch_size])
