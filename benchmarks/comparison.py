"""Sides that take turns, and what their paces come to."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from statistics import median

from benchmarks.sides import Run


@dataclass(frozen=True)
class Figure:
    """The median of what was measured several times, and its spread."""

    median: float
    lowest: float
    highest: float

    @classmethod
    def of(cls, values: list[float]) -> "Figure":
        """Summarise."""
        return cls(median(values), min(values), max(values))


@dataclass(frozen=True)
class Rounds:
    """The runs of each side, one a round, in the order of the rounds."""

    runs: Mapping[str, list[Run]]

    def pace(self, side: str) -> Figure:
        """Return a side's steps a second."""
        return Figure.of([run.pace for run in self.runs[side]])

    def ratio(self, side: str, other: str) -> Figure:
        """Return how many times as fast as another a side was, each round by itself."""
        pairs = zip(self.runs[side], self.runs[other], strict=True)
        return Figure.of([ours.pace / theirs.pace for ours, theirs in pairs])


def rounds_run(
    sides: Mapping[str, Callable[[], Run]], *, count: int, say: Callable[[str], None]
) -> Rounds:
    """Let the sides run in turn, each second round backwards.

    What drifts while it runs (other work, the processor's clock) then favours none of them.
    """
    runs: dict[str, list[Run]] = {name: [] for name in sides}
    for number in range(count):
        order = list(sides)[:: 1 if number % 2 == 0 else -1]
        for name in order:
            run = sides[name]()
            runs[name].append(run)
            say(f"round {number + 1} of {count}  {name}: {run.pace:.1f} steps/s")
    return Rounds(runs)


def largest_relative_difference(values: list[float], others: list[float]) -> float:
    """Return how far two series of numbers are apart at most, as a share of the second."""
    return max(abs(a - b) / abs(b) for a, b in zip(values, others, strict=True))
