"""Running figures of each series: what lists and the admin show without reading points."""

from collections import deque
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from acc.evaluation.loss_health import loss_health, loss_trend
from acc.tasks.base import LossBounds
from trainer.selectors.loss_runs import LossRun
from trainer.services.losses import SeriesSummary

# The trend and the health are judged on this many of the latest points.
RECENT = 500


@dataclass
class _Series:
    name: str
    is_total: bool
    colour: int
    bounds: tuple[float, float] | None
    count: int = 0
    nonfinite_count: int = 0
    last_step: int = 0
    last: float | None = None
    minimum: float | None = None
    maximum: float | None = None
    total: float = 0.0
    recent: deque[float] = field(default_factory=lambda: deque(maxlen=RECENT))

    def add(self, values_N: NDArray[np.float32], last_step: int) -> None:
        """Take in new points, the last of them at `last_step`."""
        if not len(values_N):
            return
        finite_N = values_N[np.isfinite(values_N)]
        self.nonfinite_count += len(values_N) - len(finite_N)
        self.last_step = last_step
        last = float(values_N[-1])
        self.last = last if np.isfinite(last) else None
        self.recent.extend(values_N[-RECENT:].tolist())
        if len(finite_N):
            self.count += len(finite_N)
            self.total += float(finite_N.sum(dtype=np.float64))
            low, high = float(finite_N.min()), float(finite_N.max())
            self.minimum = low if self.minimum is None else min(self.minimum, low)
            self.maximum = high if self.maximum is None else max(self.maximum, high)

    def summary(self) -> SeriesSummary:
        """Return the row."""
        recent_N = np.asarray(self.recent, dtype=np.float64)
        return SeriesSummary(
            task_name=self.name,
            is_total=self.is_total,
            colour=self.colour,
            count=self.count,
            nonfinite_count=self.nonfinite_count,
            last_step=self.last_step,
            last=self.last,
            minimum=self.minimum,
            maximum=self.maximum,
            mean=self.total / self.count if self.count else None,
            trend=loss_trend(recent_N),
            health=loss_health(recent_N, self.bounds),
        )


class Summaries:
    """The figures of all series of one job."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self._colours: dict[str, int] = {}
        self._bounds: dict[str, tuple[float, float] | None] = {}
        self._series: dict[tuple[str, bool], _Series] = {}
        self._in_last_run: set[str] = set()

    def declare(self, name: str, *, colour: int, bounds: LossBounds | None) -> None:
        """Say how a task's series is drawn and judged, before its first step."""
        self._colours[name] = colour
        self._bounds[name] = (bounds.healthy, bounds.critical) if bounds else None
        series = self._series.get((name, False))
        if series is not None:  # one of that name was there before, and goes on
            series.colour, series.bounds = colour, self._bounds[name]

    def add(self, run: LossRun) -> None:
        """Take in a run of steps."""
        self._in_last_run = {"", *run.task_names}
        for column, name in enumerate(run.task_names):
            values_S, last_step = run.values_ST[:, column], run.last_step
            if run.present_ST is not None:
                rows = np.flatnonzero(run.present_ST[:, column])
                if not len(rows):
                    continue
                values_S, last_step = values_S[rows], run.first_step + int(rows[-1])
            self._of(name, is_total=False).add(values_S, last_step)
        self._of("", is_total=True).add(run.values_ST[:, -1], run.last_step)

    def rows(self) -> list[SeriesSummary]:
        """Return a summary of each series that has points."""
        return [series.summary() for series in self._series.values()]

    def latest(self) -> dict[str, float | None]:
        """Return the last loss of each series that goes on; the total under "total"."""
        return {
            series.name or "total": series.last
            for series in self._series.values()
            if series.name in self._in_last_run
        }

    def _of(self, name: str, *, is_total: bool) -> _Series:
        key = (name, is_total)
        if key not in self._series:
            self._series[key] = _Series(
                name, is_total, self._colours.get(name, 0), self._bounds.get(name)
            )
        return self._series[key]
