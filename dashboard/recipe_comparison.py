"""Branches of a recipe side by side: each metric's mean and range over the seeds."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dashboard.templatetags.figures import loss


@dataclass(frozen=True)
class Cell:
    """What a branch reached of one metric, over its seeds."""

    values: list[float]
    is_better: bool = False

    @property
    def mean_text(self) -> str:
        """The mean over the seeds."""
        return loss(sum(self.values) / len(self.values)) if self.values else loss(None)

    @property
    def range_text(self) -> str:
        """The smallest and the largest value, where there are several."""
        if len(self.values) < 2:
            return ""
        return f"{loss(min(self.values))} to {loss(max(self.values))}"


@dataclass(frozen=True)
class MetricRow:
    """One metric of one task over the branches; `better` is "higher", "lower" or ""."""

    task: str
    metric: str
    better: str
    cells: list[Cell]
    unit: str = ""


@dataclass(frozen=True)
class SeedRow:
    """What one seed's branches consist of: job numbers and the last checkpoint of each."""

    seed: int
    reports: list[dict[str, Any] | None]


@dataclass(frozen=True)
class WayRow:
    """One factor of one seed: the picture of the way through it in each branch, "" for none."""

    group: str
    seed: int
    sheets: list[str]


@dataclass(frozen=True)
class Comparison:
    """All branches that a run reported."""

    branches: list[str]
    metrics: list[MetricRow]
    seeds: list[SeedRow]
    ways: list[WayRow]


def comparison_of(
    reports: list[dict[str, Any]],
    directions: dict[tuple[str, str], str],
    latents: Mapping[int, dict[str, Any]] | None = None,
    units: Mapping[tuple[str, str], str] | None = None,
) -> Comparison | None:
    """Return the comparison of what a run reported; None where it reported nothing.

    Args:
        directions: where a metric is better, "higher" or "lower", by task and metric.
        latents: what is known of the latent of a checkpoint, by its number.
        units: in which a metric is measured, "dB", by task and metric.
    """
    if not reports:
        return None
    branches = list(dict.fromkeys(report["branch"] for report in reports))
    names = dict.fromkeys(
        (task, metric)
        for report in reports
        for task, found in report["metrics"].items()
        for metric in found
    )
    rows = []
    for task, metric in names:
        better = directions.get((task, metric), "")
        values = [_values(reports, branch, task, metric) for branch in branches]
        best = _apart(values, better)
        cells = [Cell(found, place == best) for place, found in enumerate(values)]
        rows.append(MetricRow(task, metric, better, cells, (units or {}).get((task, metric), "")))
    seeds = dict.fromkeys(report["seed"] for report in reports)
    seed_rows = [_seed_row(seed, branches, reports) for seed in seeds]
    return Comparison(branches, rows, seed_rows, _ways(seed_rows, latents or {}))


def _values(reports: list[dict[str, Any]], branch: str, task: str, metric: str) -> list[float]:
    found = [
        report["metrics"].get(task, {}).get(metric)
        for report in reports
        if report["branch"] == branch
    ]
    return [value for value in found if isinstance(value, int | float)]


def _apart(values: list[list[float]], better: str) -> int | None:
    """Return which branch is better with every seed than all others are with any.

    One seed each says nothing: the next one may say otherwise.
    """
    if not better or len(values) < 2 or min(map(len, values)) < 2:
        return None
    sign = 1 if better == "higher" else -1
    signed = [[sign * value for value in found] for found in values]
    for place, found in enumerate(signed):
        others = [value for other, some in enumerate(signed) if other != place for value in some]
        if min(found) > max(others):
            return place
    return None


def _ways(seeds: list[SeedRow], latents: Mapping[int, dict[str, Any]]) -> list[WayRow]:
    """Return the ways through each factor, seed by seed, those of the branches side by side."""
    rows: list[WayRow] = []
    for row in seeds:
        found = [_sheets(report, latents) for report in row.reports]
        names = dict.fromkeys(name for sheets in found for name in sheets)
        rows += [
            WayRow(name, row.seed, [sheets.get(name, "") for sheets in found]) for name in names
        ]
    return sorted(rows, key=lambda row: row.group)


def _sheets(report: dict[str, Any] | None, latents: Mapping[int, dict[str, Any]]) -> dict[str, str]:
    facts = latents.get(report["checkpoint"]) if report and report.get("checkpoint") else None
    return {group["name"]: group["sheet"] for group in facts["groups"]} if facts else {}


def _seed_row(seed: int, branches: list[str], reports: list[dict[str, Any]]) -> SeedRow:
    of_seed = {report["branch"]: report for report in reports if report["seed"] == seed}
    return SeedRow(seed, [of_seed.get(branch) for branch in branches])
