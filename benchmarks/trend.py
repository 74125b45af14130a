"""Whether something grows: a line through noisy samples that a few odd ones cannot turn."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

# A smaller rise than this over the whole stretch, in MB, is none.
LEAST_RISE = 1.0


@dataclass(frozen=True)
class Trend:
    """A line through samples.

    Attributes:
        slope: MB an hour.
        rise: MB from its beginning to its end.
        scatter: how far the samples lie from it, in the median.
        grows: whether it rises by more than the samples scatter.
    """

    slope: float
    rise: float
    scatter: float
    median: float
    highest: float
    grows: bool


def trend_of(hours: Sequence[float], sizes: Sequence[float]) -> Trend:
    """Return the line whose slope is the median of those between all pairs of samples.

    After Sen, "Estimates of the regression coefficient based on Kendall's tau", 1968: jobs come
    and go, and a line of least squares would follow the last one.
    """
    hours_N, sizes_N = np.asarray(hours, dtype=float), np.asarray(sizes, dtype=float)
    slope = 0.0
    if len(hours_N) > 1:
        first, second = np.triu_indices(len(hours_N), k=1)
        slopes = (sizes_N[second] - sizes_N[first]) / (hours_N[second] - hours_N[first])
        slope = float(np.median(slopes))
    rise = slope * float(np.ptp(hours_N))
    rest_N = sizes_N - slope * hours_N
    scatter = float(np.median(np.abs(rest_N - np.median(rest_N))))
    return Trend(
        slope=slope,
        rise=rise,
        scatter=scatter,
        median=float(np.median(sizes_N)),
        highest=float(np.max(sizes_N)),
        grows=rise > max(LEAST_RISE, 2 * scatter),
    )
