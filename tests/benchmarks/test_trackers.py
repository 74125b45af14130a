"""ACC's side of the comparison with other trackers, and what the table says of all of them."""

import sys
from typing import Any

import pytest

from benchmarks.trackers import sides
from benchmarks.trackers.table import trackers_table

TOOL: dict[str, Any] = {
    "version": "1",
    "page_asks": "off; 30 s",
    "steps": 1_000,
    "write_seconds": 3.0,
    "us_a_step": 2_000.0,
    "bytes": 4_000_000,
    "chart": {"seconds": 0.05, "size_bytes": 9_000, "points": 50, "has_spike": False},
    "seen": {"median_seconds": 1.25, "worst_seconds": 2.5, "steps": 200},
}


@pytest.mark.long
def test_a_spike_of_one_step_is_in_the_chart_and_steps_are_seen_soon():
    found = sides.child_run(sys.executable, ("acc",), steps=2_000)

    assert found["steps"] == 2_000
    assert found["bytes"] > 0
    assert found["chart"]["has_spike"]
    assert found["chart"]["last_step"] == 2_000
    assert found["seen"]["steps"] == 200
    assert found["seen"]["median_seconds"] < 10
    assert found["seen"]["worst_seconds"] < 60


def test_a_tool_that_was_given_fewer_steps_is_scaled_and_marked():
    told = trackers_table({"steps": 5_000, "load": [1.0, 2.0], "tools": {"Slow": TOOL}})

    assert "Slow *" in told
    assert "given 1,000 steps" in told
    assert row(told, "seconds to write it") == "15.0"
    assert row(told, "MB on disk") == "20.0"
    assert row(told, "has the spike") == "no"


def test_a_tool_that_cannot_run_here_says_why():
    tools = {"Whole": TOOL, "Absent": {"missing": "its packages could not be installed here"}}
    told = trackers_table({"steps": 1_000, "load": [1.0, 2.0], "tools": tools})

    assert "Absent: its packages could not be installed here." in told
    assert row(told, "seconds to write it").split() == ["3.0", "-"]
    assert "*" not in told


def test_the_table_says_why_acc_is_not_first_where_it_is_not():
    small = TOOL | {"chart": TOOL["chart"] | {"size_bytes": 3_000}}
    told = trackers_table(
        {"steps": 1_000, "load": [1.0, 2.0], "tools": {sides.ACC: TOOL, "Small": small}}
    )

    assert "ACC is not first in kB for a chart: its chart has the total" in told
    assert told.count("not first") == 1


def row(told: str, label: str) -> str:
    (line,) = [line for line in told.splitlines() if line.startswith(label)]
    return line.removeprefix(label).strip()
