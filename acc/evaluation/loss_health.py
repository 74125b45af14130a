"""Whether a loss curve is well: its direction against its noise, its level against bounds."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

Trend = Literal["improving", "flat", "worsening"]
Health = Literal["healthy", "warning", "critical"]

MAX_BUCKETS = 100
MIN_VALUES = 3
# A change has to stand this far out of its own standard error, and be this share of the level.
MIN_STANDARD_ERRORS = 3.0
MIN_RELATIVE_CHANGE = 0.01
# The level is the median of this share of the curve's end, and of so many values at most.
RECENT_SHARE = 0.05
MAX_RECENT = 100
MAD_TO_SIGMA = 1.4826  # of a normal distribution


def loss_trend(losses: NDArray[np.floating]) -> Trend:
    """Return where the curve as a whole goes; NaN and infinite values are passed over.

    The slope is Theil and Sen's, the median of the slopes of all pairs, over at most 100
    bucket medians: neither a spike nor a few bad steps turn it. It counts where the change
    over the whole curve is more than three standard errors of the scatter about the line
    and more than one per cent of the level. Fewer than three values are flat.
    """
    values = np.asarray(losses, dtype=np.float64)
    steps = np.flatnonzero(np.isfinite(values))
    if len(steps) < MIN_VALUES:
        return "flat"
    bucket_count = min(MAX_BUCKETS, len(steps))
    x = _bucket_medians(steps, bucket_count)
    y = _bucket_medians(values[steps], bucket_count)
    change = _theil_sen_slope(x, y) * (x[-1] - x[0])
    residuals = y - change / (x[-1] - x[0]) * x
    sigma = MAD_TO_SIGMA * np.median(np.abs(residuals - np.median(residuals)))
    # Of a least-squares slope over evenly spaced points; Theil and Sen's is close to it.
    standard_error = sigma * np.sqrt(12 / bucket_count)
    level = np.median(np.abs(y))
    if abs(change) <= max(MIN_STANDARD_ERRORS * standard_error, MIN_RELATIVE_CHANGE * level):
        return "flat"
    return "worsening" if change > 0 else "improving"


def loss_health(losses: NDArray[np.floating], bounds: tuple[float, float] | None) -> Health:
    """Return how the curve stands at its end.

    A last value that is NaN or infinite is critical. Otherwise, with bounds (healthy,
    critical), the recent level decides: below the first it is healthy, above the second
    critical, between them a warning. Without bounds a worsening trend is a warning, for
    no level is known to be bad. Values gone bad a moment ago, or no values at all, are a
    warning too.

    Args:
        losses: those of the steps in which the task took part, in order.
        bounds: (healthy, critical), in the loss's own unit.
    """
    values = np.asarray(losses, dtype=np.float64)
    if len(values) == 0:
        return "warning"
    if not np.isfinite(values[-1]):
        return "critical"
    recent = values[-max(1, min(MAX_RECENT, int(len(values) * RECENT_SHARE))) :]
    finite = recent[np.isfinite(recent)]
    judged = _by_level(float(np.median(finite)), bounds) if bounds else _by_trend(values)
    if judged == "healthy" and len(finite) < len(recent):
        return "warning"
    return judged


def _by_level(level: float, bounds: tuple[float, float]) -> Health:
    healthy, critical = bounds
    if level > critical:
        return "critical"
    return "healthy" if level < healthy else "warning"


def _by_trend(values: NDArray[np.float64]) -> Health:
    return "warning" if loss_trend(values) == "worsening" else "healthy"


def _bucket_medians(
    values: NDArray[np.float64] | NDArray[np.intp], bucket_count: int
) -> NDArray[np.float64]:
    """Return the median of each bucket; the first ones are longer by one where it does not divide.

    Two calls for all buckets, since a call a bucket costs the training loop a few per cent: this
    runs beside it, and holds Python's lock.
    """
    size, longer_count = divmod(len(values), bucket_count)
    cut = longer_count * (size + 1)
    longer, shorter = values[:cut].reshape(-1, size + 1), values[cut:].reshape(-1, size)
    return np.concatenate([np.median(longer, axis=1), np.median(shorter, axis=1)])


def _theil_sen_slope(x: NDArray[np.float64], y: NDArray[np.float64]) -> float:
    first, second = np.triu_indices(len(x), k=1)
    return float(np.median((y[second] - y[first]) / (x[second] - x[first])))
