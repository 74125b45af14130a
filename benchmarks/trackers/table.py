"""The table of the trackers, and the sentences about what it cannot show."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from benchmarks.text_table import table
from benchmarks.trackers.sides import ACC

NOTHING = "-"
WRITES_BEHIND = "its recorder stores every step, with its levels of detail, behind the loop"
KEEPS_EXTREMES = (
    "its chart has the total as well, and each bucket's lowest, highest and mean: others send a "
    "sample, from which a spike may be missing"
)
STORES_FIRST = (
    "it stores steps ten times a second and tells of them afterwards; the others' servers are "
    "asked here again 20 ms after each answer, which no page does"
)


@dataclass(frozen=True)
class Measure:
    """A row of the table, in which less is better.

    Attributes:
        value: takes a tool's figures and by how much its run is scaled up.
        reason: what to say where ACC is not first.
    """

    label: str
    digits: int
    value: Callable[[dict[str, Any], float], float]
    reason: str


MEASURES = (
    Measure("seconds to write it", 1, lambda tool, up: up * tool["write_seconds"], WRITES_BEHIND),
    Measure("µs a step in the call", 0, lambda tool, _: tool["us_a_step"], WRITES_BEHIND),
    Measure("MB on disk", 1, lambda tool, up: up * tool["bytes"] / 1e6, WRITES_BEHIND),
    Measure("ms for a chart", 0, lambda tool, _: 1e3 * tool["chart"]["seconds"], KEEPS_EXTREMES),
    Measure("kB for a chart", 0, lambda tool, _: tool["chart"]["size_bytes"] / 1e3, KEEPS_EXTREMES),
    Measure("s till seen, median", 2, lambda tool, _: tool["seen"]["median_seconds"], STORES_FIRST),
    Measure("s till seen, worst", 2, lambda tool, _: tool["seen"]["worst_seconds"], STORES_FIRST),
)  # fmt: skip


def trackers_table(figures: dict[str, Any]) -> str:
    """Return the tools side by side, a column each, and why ACC is not first where it is not."""
    steps, tools = figures["steps"], figures["tools"]
    names = [f"{name}{' *' if _is_scaled(tool, steps) else ''}" for name, tool in tools.items()]
    rows = [
        [measure.label, *(_cell(measure, tool, steps) for tool in tools.values())]
        for measure in MEASURES
    ]
    facts: tuple[tuple[str, Callable[[dict[str, Any]], str]], ...] = (
        ("points a series in it", lambda tool: f"{tool['chart']['points']:,}"),
        ("has the spike", lambda tool: "yes" if tool["chart"]["has_spike"] else "no"),
        ("its page asks every", lambda tool: str(tool["page_asks"])),
    )
    rows += [
        [label, *(NOTHING if "missing" in tool else told(tool) for tool in tools.values())]
        for label, told in facts
    ]
    load = " and ".join(f"{load:.1f}" for load in figures["load"])
    title = f"A run of 5 series x {steps:,} steps (load of the machine {load})"
    return "\n".join([table(title, ["", *names], rows), *_notes(tools, steps), ""])


def _cell(measure: Measure, tool: dict[str, Any], steps: int) -> str:
    if "missing" in tool:
        return NOTHING
    return f"{measure.value(tool, steps / tool['steps']):,.{measure.digits}f}"


def _is_scaled(tool: dict[str, Any], steps: int) -> bool:
    return "missing" not in tool and tool["steps"] < steps


def _notes(tools: dict[str, Any], steps: int) -> list[str]:
    notes = []
    for name, tool in tools.items():
        if "missing" in tool:
            notes.append(f"{name}: {tool['missing']}.")
        elif _is_scaled(tool, steps):
            notes.append(
                f"* {name}: given {tool['steps']:,} steps; seconds and MB are scaled up, "
                "its chart is of those."
            )
    return [*notes, *_reasons(tools, steps)]


def _reasons(tools: dict[str, Any], steps: int) -> list[str]:
    """Return for each row in which ACC is not first why it is not."""
    present = {name: tool for name, tool in tools.items() if "missing" not in tool}
    if ACC not in present:
        return []
    reasons: dict[str, list[str]] = {}
    for measure in MEASURES:
        values = {
            name: measure.value(tool, steps / tool["steps"]) for name, tool in present.items()
        }
        if values[ACC] > min(values.values()):
            reasons.setdefault(measure.reason, []).append(measure.label)
    return [
        f"ACC is not first in {' and '.join(labels)}: {reason}."
        for reason, labels in reasons.items()
    ]
