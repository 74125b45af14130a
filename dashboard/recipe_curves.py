"""The curves behind a comparison of branches: a small picture a task and branch, a line a seed."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dashboard.recipe_comparison import Comparison
from dashboard.templatetags.figures import loss
from trainer.selectors.courses import Course

WIDTH, HEIGHT, MARGIN = 240, 72, 4
# Losses whose largest is so many times the smallest are told apart on a logarithmic scale only.
LOG_RATIO = 20.0
Curve = list[tuple[float, float]]


@dataclass(frozen=True)
class CurveCell:
    """What a branch's SVG of 240 x 72 draws: each seed's line through `points`."""

    lines: list[str]


@dataclass(frozen=True)
class CurveRow:
    """One task over the branches, all on the same axes."""

    task: str
    colour: int
    low_text: str
    high_text: str
    steps: int
    is_log: bool
    cells: list[CurveCell]


def curve_rows(comparison: Comparison, courses: Mapping[int, Course]) -> list[CurveRow]:
    """Return a row for each task that the branches' jobs trained.

    A branch's jobs follow each other on one axis of steps, from 0 where the branch began. What was
    lost before that is the same for all branches.
    """
    branches = [
        [_joined(seed.reports[place], courses) for seed in comparison.seeds]
        for place in range(len(comparison.branches))
    ]
    names = dict.fromkeys(name for seeds in branches for curves in seeds for name in curves)
    colours = {name: place for course in courses.values() for name, place in course.colours.items()}
    steps = max((_last_step(curves) for seeds in branches for curves in seeds), default=0.0)
    return [
        _row(name, colours.get(name, 0), [_lines(seeds, name) for seeds in branches], steps)
        for name in names
    ]


def _joined(report: Mapping[str, Any] | None, courses: Mapping[int, Course]) -> dict[str, Curve]:
    """Return one seed's curves over all jobs of a branch, in pieces one after the other."""
    curves: dict[str, Curve] = {}
    before = 0.0
    jobs: list[int] = report["jobs"] if report else []
    for course in (courses[job] for job in jobs if job in courses):
        for name, points in course.points.items():
            curves.setdefault(name, []).extend((before + step, value) for step, value in points)
        before += course.steps
    return curves


def _lines(seeds: list[dict[str, Curve]], name: str) -> list[Curve]:
    return [curves[name] for curves in seeds if curves.get(name)]


def _last_step(curves: Mapping[str, Curve]) -> float:
    return max((points[-1][0] for points in curves.values() if points), default=0.0)


def _row(name: str, colour: int, branches: list[list[Curve]], steps: float) -> CurveRow:
    values = [value for lines in branches for line in lines for _, value in line]
    low, high = min(values), max(values)
    is_log = low > 0 and high / low > LOG_RATIO
    scale = math.log10 if is_log else float
    bottom, top = scale(low), scale(high)

    def place(step: float, value: float) -> str:
        across = step / steps if steps else 0.0
        up = (scale(value) - bottom) / (top - bottom) if top > bottom else 0.5
        x = MARGIN + across * (WIDTH - 2 * MARGIN)
        y = HEIGHT - MARGIN - up * (HEIGHT - 2 * MARGIN)
        return f"{x:.1f},{y:.1f}"

    cells = [
        CurveCell([" ".join(place(step, value) for step, value in line) for line in lines])
        for lines in branches
    ]
    return CurveRow(name, colour, loss(low), loss(high), round(steps), is_log, cells)
