"""Histograms of targets, as bars for an SVG."""

from dataclasses import dataclass
from typing import Any

from dashboard.templatetags.figures import loss

WIDTH, HEIGHT = 320, 84
# Below this width a bar has no room for a name under it.
MOST_NAMED = 12
LONGEST_NAME = 7


@dataclass(frozen=True)
class Bar:
    """One class or range of values: the images that are trained on, those held out on top."""

    x: float
    width: float
    train_y: float
    train_height: float
    eval_y: float
    eval_height: float
    name: str
    title: str

    @property
    def middle(self) -> float:
        """Where its name stands."""
        return round(self.x + self.width / 2, 2)


@dataclass(frozen=True)
class Histogram:
    """The bars of one target.

    Attributes:
        most: the images of the highest bar, which says how many the others stand for.
        low: what stands at the left end where bars have no names; `high` at the right.
    """

    title: str
    bars: list[Bar]
    summary: str
    most: int
    low: str = ""
    high: str = ""
    note: str = ""


def histograms_of(distribution: dict[str, Any] | None, names: list[str]) -> list[Histogram]:
    """Return a histogram of the classes, or one of each target that is a number.

    Args:
        distribution: as `acc.datasets.survey.target_distribution` gives it.
        names: what the classes are called, where somebody said.
    """
    if distribution is None:
        return []
    if distribution["kind"] == "classes":
        return [_of_classes(distribution, names)]
    columns = distribution["columns"]
    return [
        _of_values(column, f"Target {number}" if len(columns) > 1 else "Target")
        for number, column in enumerate(columns, start=1)
    ]


def _of_classes(distribution: dict[str, Any], names: list[str]) -> Histogram:
    train, held_out = distribution["train"], distribution["eval"]
    labels = [names[at] if at < len(names) else str(at) for at in range(len(train))]
    bars = _bars(train, held_out, labels, named=len(labels) <= MOST_NAMED)
    totals = [sum(pair) for pair in zip(train, held_out, strict=True)]
    more = distribution["more"]
    return Histogram(
        title="Classes",
        bars=bars,
        summary=f"{len(train)} classes of {min(totals):,} to {max(totals):,} images",
        most=max(totals, default=0),
        low="" if len(labels) <= MOST_NAMED else labels[0],
        high="" if len(labels) <= MOST_NAMED else labels[-1],
        note=f"and {more:,} more classes" if more else "",
    )


def _of_values(column: dict[str, Any], title: str) -> Histogram:
    train, held_out = column["train"], column["eval"]
    low, high = column["low"], column["high"]
    step = (high - low) / len(train)
    labels = [
        f"{loss(low + at * step)} to {loss(low + (at + 1) * step)}" for at in range(len(train))
    ]
    ends = (loss(low), loss(high))
    return Histogram(
        title=title,
        bars=_bars(train, held_out, labels, named=False),
        summary=f"{title} from {ends[0]} to {ends[1]}",
        most=max(map(sum, zip(train, held_out, strict=True)), default=0),
        low=ends[0],
        high=ends[1],
    )


def _bars(train: list[int], held_out: list[int], labels: list[str], *, named: bool) -> list[Bar]:
    pairs = list(zip(train, held_out, labels, strict=True))
    highest = max((one + other for one, other, _ in pairs), default=0) or 1
    pitch = WIDTH / len(pairs)
    bars = []
    for at, (of_train, of_eval, label) in enumerate(pairs):
        heights = [round(count / highest * HEIGHT, 2) for count in (of_train, of_eval)]
        name = (
            label
            if len(label) <= LONGEST_NAME
            else f"{label[: LONGEST_NAME - 1]}\N{HORIZONTAL ELLIPSIS}"
        )
        bars.append(
            Bar(
                x=round(at * pitch + pitch * 0.08, 2),
                width=round(pitch * 0.84, 2),
                train_y=round(HEIGHT - heights[0], 2),
                train_height=heights[0],
                eval_y=round(HEIGHT - sum(heights), 2),
                eval_height=heights[1],
                name=name if named else "",
                title=f"{label}: {of_train:,} to train on, {of_eval:,} held out",
            )
        )
    return bars
