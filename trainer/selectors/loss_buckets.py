"""Buckets of losses: of a stretch of one curve, its smallest, its largest and its mean loss."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

# One bucket of one series. Losses that are not finite count for nothing here.
BUCKET = np.dtype(
    [
        ("low_step", "<u4"),
        ("low", "<f4"),
        ("high_step", "<u4"),
        ("high", "<f4"),
        ("mean", "<f4"),
        ("count", "<u4"),
    ]
)
# A loss that is not finite; of a bucket, the first one is kept.
ODD = np.dtype([("step", "<u4"), ("value", "<f4")])

Buckets = NDArray[np.void]
Odds = NDArray[np.void]


def buckets_of(steps_N: NDArray[np.int64], losses_N: NDArray[np.float32]) -> tuple[Buckets, Odds]:
    """Return a bucket for each finite loss, and the others as they are; both in order."""
    finite_N = np.isfinite(losses_N)
    buckets = np.zeros(int(finite_N.sum()), dtype=BUCKET)
    buckets["low_step"] = buckets["high_step"] = steps_N[finite_N]
    for field in ("low", "high", "mean"):
        buckets[field] = losses_N[finite_N]
    buckets["count"] = 1
    odds = np.zeros(len(losses_N) - len(buckets), dtype=ODD)
    odds["step"], odds["value"] = steps_N[~finite_N], losses_N[~finite_N]
    return buckets, odds


def fold(buckets_N: Buckets, groups_N: NDArray[np.int64]) -> Buckets:
    """Return one bucket for each group, in order; `groups_N` must not descend.

    Of equal extremes the first one stays.
    """
    if not len(buckets_N):
        return buckets_N
    starts_G = _starts(groups_N)
    folded = np.zeros(len(starts_G), dtype=BUCKET)
    sizes_G = np.diff(starts_G, append=len(buckets_N))
    for field, extreme in (("low", np.minimum), ("high", np.maximum)):
        values_N = np.ascontiguousarray(buckets_N[field])
        best_G = extreme.reduceat(values_N, starts_G)
        best = np.flatnonzero(values_N == np.repeat(best_G, sizes_G))
        # Of the best ones of each group, the first.
        chosen = best[np.searchsorted(best, starts_G)]
        folded[field] = best_G
        folded[f"{field}_step"] = buckets_N[f"{field}_step"][chosen]
    counts_N = buckets_N["count"].astype(np.float64)
    sums_G = np.add.reduceat(buckets_N["mean"] * counts_N, starts_G)
    counts_G = np.add.reduceat(counts_N, starts_G)
    folded["mean"], folded["count"] = sums_G / counts_G, counts_G
    return folded


def fold_odds(odds_N: Odds, groups_N: NDArray[np.int64]) -> Odds:
    """Return the first odd loss of each group; `groups_N` must not descend."""
    return odds_N[_starts(groups_N)] if len(odds_N) else odds_N


def extremes(buckets_N: Buckets, odds_M: Odds) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Return the steps and losses of all extremes and odd losses, each step once, in order."""
    steps = np.concatenate([buckets_N["low_step"], buckets_N["high_step"], odds_M["step"]])
    losses = np.concatenate([buckets_N["low"], buckets_N["high"], odds_M["value"]])
    steps, first = np.unique(steps.astype(np.int64), return_index=True)
    return steps, losses[first]


def band_table(
    buckets_N: Buckets, *, after_step: int, last_step: int, width: int
) -> dict[str, Any]:
    """Return one bucket for each `width` steps as columns, with the steps that it may span.

    Args:
        width: a multiple of the steps of every bucket, so that none lies in two of the new ones.
    """
    groups_N = (buckets_N["low_step"].astype(np.int64) - 1) // width
    folded = fold(buckets_N, groups_N)
    groups_G = np.unique(groups_N)
    return {
        "first_step": np.maximum(groups_G * width + 1, after_step + 1).tolist(),
        "last_step": np.minimum((groups_G + 1) * width, last_step).tolist(),
        "low": shortened(folded["low"]),
        "high": shortened(folded["high"]),
        "mean": shortened(folded["mean"]),
        "count": folded["count"].tolist(),
    }


def shortened(losses_N: NDArray[np.float32]) -> list[float]:
    """Return finite losses with nine digits: as float32 they are the same, as JSON half as long."""
    exact_N = losses_N.astype(np.float64)
    size_N = np.abs(exact_N)
    # Within these bounds the powers of ten are exact; elsewhere the digits stay as they are.
    inside_N = (size_N >= 1e-12) & (size_N < 1e8)
    digits_N = 8 - np.floor(np.log10(np.where(inside_N, size_N, 1.0)))
    scale_N = 10.0**digits_N
    short_N = np.where(inside_N, np.round(exact_N * scale_N) / scale_N, exact_N)
    numbers: list[float] = short_N.tolist()
    return numbers


def _starts(groups_N: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return where each group begins."""
    return np.flatnonzero(np.diff(groups_N, prepend=groups_N[0] - 1))
