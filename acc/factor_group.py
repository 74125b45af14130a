"""A named run of coordinates of the flat latent."""

from dataclasses import dataclass


@dataclass(frozen=True)
class FactorGroup:
    """The coordinates `start` (included) to `end` (excluded) of the latent, under one name.

    Raises:
        ValueError: the name is empty, or the range is empty or negative.
    """

    name: str
    start: int
    end: int

    def __post_init__(self) -> None:
        if not self.name.strip():
            raise ValueError("a factor group needs a name")
        if not 0 <= self.start < self.end:
            raise ValueError(
                f"factor group {self.name!r} needs 0 <= start < end, not {self.start}:{self.end}"
            )

    @property
    def width(self) -> int:
        """Return how many coordinates the group holds."""
        return self.end - self.start

    @property
    def slice(self) -> slice:
        """Return the group's place in the last axis of a latent [B, D]."""
        return slice(self.start, self.end)
