"""Running figures of each series: what lists and the admin show without reading points."""

from collections import deque
from dataclasses import dataclass, field

import numpy as np

from acc.evaluation.loss_health import loss_health, loss_trend
from acc.tasks.base import LossBounds
from trainer.selectors.loss_runs import TOTAL, LossRun, run_columns
from trainer.services.losses import SeriesSummary
from trainer.services.running_figures import RunningFigures

# The trend and the health are judged on this many of the latest points.
RECENT = 500


@dataclass
class _Series:
    name: str
    colour: int
    bounds: tuple[float, float] | None
    figures: RunningFigures = field(default_factory=RunningFigures)
    recent: deque[float] = field(default_factory=lambda: deque(maxlen=RECENT))

    def summary(self) -> SeriesSummary:
        """Return the row."""
        recent_N = np.asarray(self.recent, dtype=np.float64)
        return SeriesSummary(
            task_name=self.name,
            is_total=self.name == TOTAL,
            colour=self.colour,
            count=self.figures.count,
            nonfinite_count=self.figures.nonfinite_count,
            last_step=self.figures.last_step,
            last=self.figures.last,
            minimum=self.figures.minimum,
            maximum=self.figures.maximum,
            mean=self.figures.mean,
            trend=loss_trend(recent_N),
            health=loss_health(recent_N, self.bounds),
        )


class Summaries:
    """The figures of all series of one job."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self._colours: dict[str, int] = {}
        self._bounds: dict[str, tuple[float, float] | None] = {}
        self._series: dict[str, _Series] = {}
        self._in_last_run: set[str] = set()

    def declare(self, name: str, *, colour: int, bounds: LossBounds | None) -> None:
        """Say how a task's series is drawn and judged, before its first step."""
        self._colours[name] = colour
        self._bounds[name] = (bounds.healthy, bounds.critical) if bounds else None
        series = self._series.get(name)
        if series is not None:  # one of that name was there before, and goes on
            series.colour, series.bounds = colour, self._bounds[name]

    def add(self, run: LossRun) -> None:
        """Take in a run of steps."""
        self._in_last_run = {TOTAL, *run.task_names}
        for name, steps_N, values_N in run_columns(run):
            if len(values_N):
                series = self._of(name)
                series.figures.add(steps_N, values_N)
                series.recent.extend(values_N[-RECENT:].tolist())

    def rows(self) -> list[SeriesSummary]:
        """Return a summary of each series that has points."""
        return [series.summary() for series in self._series.values()]

    def latest(self) -> dict[str, float | None]:
        """Return the last loss of each series that goes on; the total under "total"."""
        return {
            series.name or "total": series.figures.last
            for series in self._series.values()
            if series.name in self._in_last_run
        }

    def _of(self, name: str) -> _Series:
        if name not in self._series:
            colour, bounds = self._colours.get(name, 0), self._bounds.get(name)
            self._series[name] = _Series(name, colour, bounds)
        return self._series[name]
