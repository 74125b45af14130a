"""Losses out of the ordinary, found as they come: spikes, and what is not a finite number.

A loss is a spike where it lies more than eight robust standard deviations above the median of the
last 256 finite ones; the deviation is 1.4826 times their median absolute deviation, which, as the
median, is not moved by the spikes themselves. That is Hampel's identifier: Davies and Gather, "The
identification of multiple outliers", Journal of the American Statistical Association 88, 1993,
pp. 782-792. Losses that are all positive are looked at as logarithms, since they scatter by
factors; a steady rise or fall is then no spike, however steep.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from acc.evaluation.loss_health import MAD_TO_SIGMA

OddKind = Literal["spike", "nonfinite"]
KINDS: tuple[OddKind, ...] = ("spike", "nonfinite")

WINDOW = 256
MIN_POINTS = 50  # fewer do not say what is usual
SIGMAS = 8.0
# The least that counts where the losses hardly scatter: half as much again as the median.
MIN_RATIO = 1.5
# What is usual is looked at anew once a block of steps. Blocks begin at fixed steps, so that a
# replay after a crash finds the same, however the points come in.
BLOCK_STEPS = 64
# So many ordinary points in a row end a stretch of odd ones.
CALM_POINTS = 20


@dataclass(frozen=True)
class Oddity:
    """A stretch of odd losses begins or, with `ended`, is over.

    Attributes:
        step: where it begins; where it is known to be over.
        value: the loss at `step`; may be NaN or infinite.
        usual: the median of the losses before it; None where that is not known.
        since: the first step of the stretch.
    """

    kind: OddKind
    step: int
    value: float
    usual: float | None
    since: int
    ended: bool = False


@dataclass
class _Stretch:
    since: int | None = None
    odd_count: int = 0
    calm_count: int = 0


class SpikeDetector:
    """Looks at the losses of one series, in order; between two calls it keeps 256 numbers."""

    def __init__(self, *, open_since: dict[OddKind, int] | None = None) -> None:
        """Begin.

        Args:
            open_since: stretches that are known to have begun before the first points, by kind.
        """
        self._recent = np.zeros(0)
        self._block = -1
        self._limit = np.inf
        self._usual: float | None = None
        self._stretches = {kind: _Stretch() for kind in KINDS}
        for kind, since in (open_since or {}).items():
            # More than one point of it was seen, so that its end will be told.
            self._stretches[kind] = _Stretch(since=since, odd_count=2)

    def look(self, steps_N: NDArray[np.integer], losses_N: NDArray[np.floating]) -> list[Oddity]:
        """Take in new points and return what is odd about them, in order of the steps.

        A stretch of one point has no end; a longer one is over after 20 ordinary points. There may
        be no point: a task need not take part in every step.
        """
        found: list[Oddity] = []
        if not len(steps_N):
            return found
        blocks_N = steps_N // BLOCK_STEPS
        cuts = np.flatnonzero(np.diff(blocks_N)) + 1
        starts = [0, *cuts.tolist()]
        for start, end in zip(starts, [*starts[1:], len(steps_N)], strict=True):
            if blocks_N[start] != self._block:
                self._block = int(blocks_N[start])
                self._learn()
            found += self._look_in_block(steps_N[start:end], losses_N[start:end])
        return found

    def _learn(self) -> None:
        """Work out what is usual from the points before this block."""
        if len(self._recent) < MIN_POINTS:
            return
        if self._recent.min() > 0:
            centre, sigma = _centre_and_sigma(np.log(self._recent))
            self._usual = float(np.exp(centre))
            self._limit = self._usual * float(np.exp(max(SIGMAS * sigma, np.log(MIN_RATIO))))
            return
        centre, sigma = _centre_and_sigma(self._recent)
        self._usual = centre
        reach = max(SIGMAS * sigma, (MIN_RATIO - 1) * abs(centre))
        # Where all were 0 there is no scale by which another number were large.
        self._limit = centre + reach if reach > 0 else np.inf

    def _look_in_block(
        self, steps_N: NDArray[np.integer], losses_N: NDArray[np.floating]
    ) -> list[Oddity]:
        finite_N = np.isfinite(losses_N)
        kept_N = losses_N[finite_N]
        self._recent = np.concatenate([self._recent, kept_N])[-WINDOW:]
        is_calm = len(kept_N) == len(losses_N) and not (losses_N > self._limit).any()
        if is_calm and all(stretch.since is None for stretch in self._stretches.values()):
            return []
        found = []
        for step, loss, finite in zip(
            steps_N.tolist(), losses_N.tolist(), finite_N.tolist(), strict=True
        ):
            is_odd = {"spike": finite and loss > self._limit, "nonfinite": not finite}
            for kind in KINDS:
                found += self._follow(kind, step, loss, is_odd=is_odd[kind], finite=finite)
        return found

    def _follow(
        self, kind: OddKind, step: int, loss: float, *, is_odd: bool, finite: bool
    ) -> list[Oddity]:
        stretch = self._stretches[kind]
        if is_odd:
            stretch.odd_count, stretch.calm_count = stretch.odd_count + 1, 0
            if stretch.since is not None:
                return []
            stretch.since, stretch.odd_count = step, 1
            return [Oddity(kind, step, loss, self._usual, since=step)]
        if stretch.since is None or not finite:
            return []
        stretch.calm_count += 1
        if stretch.calm_count < CALM_POINTS:
            return []
        since, is_told = stretch.since, stretch.odd_count > 1
        self._stretches[kind] = _Stretch()
        return [Oddity(kind, step, loss, self._usual, since, ended=True)] if is_told else []


def _centre_and_sigma(values: NDArray[np.floating]) -> tuple[float, float]:
    centre = float(np.median(values))
    return centre, MAD_TO_SIGMA * float(np.median(np.abs(values - centre)))
