"""Figures of a series that grow with its points, so that none is read again."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass
class RunningFigures:
    """What is known of a series so far; extremes, sum and count are those of finite points."""

    count: int = 0
    nonfinite_count: int = 0
    last_step: int = 0
    last: float | None = None
    minimum: float | None = None
    maximum: float | None = None
    total: float = 0.0

    @property
    def mean(self) -> float | None:
        """The mean of the finite points; None where there is none."""
        return self.total / self.count if self.count else None

    def add(self, steps_N: NDArray[np.int64], values_N: NDArray[np.float32]) -> None:
        """Take in new points, in order, of which there is at least one."""
        last = float(values_N[-1])
        self.last_step, self.last = int(steps_N[-1]), last if np.isfinite(last) else None
        finite_N = values_N[np.isfinite(values_N)]
        self.nonfinite_count += len(values_N) - len(finite_N)
        if not len(finite_N):
            return
        self.count += len(finite_N)
        self.total += float(finite_N.sum(dtype=np.float64))
        low, high = float(finite_N.min()), float(finite_N.max())
        self.minimum = low if self.minimum is None else min(self.minimum, low)
        self.maximum = high if self.maximum is None else max(self.maximum, high)
