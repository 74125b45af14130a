"""What every generator of data sets shares."""

from abc import ABC, abstractmethod
from typing import ClassVar

import torch

from acc.checks import require_memory, require_name, require_whole
from acc.dataset import AccDataset

MAX_COUNT = 200_000


class Generator(ABC):
    """Makes a data set from a few numbers; the same numbers, the same data set.

    A subclass adds keyword parameters with defaults to its constructor, describes each under Args
    in the class docstring (the form in the dashboard is made of them), checks them there, and draws
    all its random numbers from `_random()`.

    Args:
        count: How many images, 2 to 200000.
        image_size: Height and width in pixels, 8 to 256.
        seed: Decides everything random; the same seed, the same images.
        name: What the data set is called.
    """

    image_channels: ClassVar[int] = 1

    def __init__(
        self, *, count: int = 2000, image_size: int = 32, seed: int = 0, name: str = "generated"
    ) -> None:
        """Check the parameters.

        Raises:
            ValueError: a parameter is out of its range, in one sentence.
        """
        # Two at least: one image of a data set is held out.
        self.count = require_whole("count", count, low=2, high=MAX_COUNT)
        self.image_size = require_whole("image_size", image_size, low=8, high=256)
        self.seed = require_whole("seed", seed, low=0, high=2**63 - 1)
        self.name = require_name("name", name)
        require_memory(count, (self.image_channels, image_size, image_size))

    @abstractmethod
    def generate(self) -> AccDataset:
        """Return the data set, on the CPU."""

    def _random(self) -> torch.Generator:
        """Return a source of random numbers that starts from the seed."""
        return torch.Generator().manual_seed(self.seed)


def require_ordered(low_name: str, low: float, high_name: str, high: float) -> None:
    """Pass if `low` is not above `high`.

    Raises:
        ValueError: it is.
    """
    if low > high:
        raise ValueError(f"{low_name} ({low:g}) must not be above {high_name} ({high:g})")
