"""The load and the soak: what is made adds up, and what is printed says what was measured."""

import random
from xml.etree import ElementTree

import numpy as np
import pytest

from benchmarks.load_report import load_table
from benchmarks.load_routes import ROUTES, World
from benchmarks.load_rows import steps_shared
from benchmarks.own_site import TASKS
from benchmarks.soak import trends
from benchmarks.soak_picture import soak_picture
from benchmarks.soak_report import soak_table
from benchmarks.trend import trend_of

MB = 1e6
HOURS = np.linspace(0, 1, 120).tolist()


def usage(megabytes):
    return {"pss_bytes": megabytes * MB, "rss_bytes": MB, "descriptors": 9, "threads": 3}


def soaked(**roles):
    return [
        {
            "seconds": 3600 * hour,
            "disk_bytes": 5 * MB,
            "roles": {name: usage(size(hour)) for name, size in roles.items()},
        }
        for hour in HOURS
    ]


@pytest.mark.parametrize(("jobs", "points"), [(1000, 100_000_000), (60, 1_000_000)])
def test_the_jobs_have_as_many_points_as_was_said(jobs, points):
    steps = steps_shared(jobs, points)
    assert len(steps) == jobs
    assert sum(steps) * len(TASKS) == points
    assert max(steps) > 20 * np.median(steps)


def test_every_click_has_an_address_within_what_there_is():
    world = World("load", 7, (1, 2), {"load": [1, 2, 7], "load-1": [3, 4]}, (1,))
    chance = random.Random(0)
    paths = {route.path(world, chance) for route in ROUTES for _ in range(20)}
    assert all(path.startswith("/") and "{" not in path and " " not in path for path in paths)


def test_a_role_that_grows_is_told_from_one_whose_jobs_come_and_go():
    jitter = random.Random(0)
    samples = soaked(
        web=lambda hour: 100 + 12 * hour,
        job=lambda hour: jitter.choice((80, 340)),
        up=lambda hour: 110 + 0.1 * jitter.random(),
    )
    found = trends(samples)
    grown = {role for role, trend in found.items() if trend.grows}
    assert grown - {"all"} == {"web"}
    assert found["web"].slope == pytest.approx(12)
    told = soak_table(
        {
            "minutes": 60,
            "samples": samples,
            "trends": {role: vars(trend) for role, trend in found.items()},
            "done": {"jobs": 3},
            "failed": {},
            "said": {},
            "viewers": {"opened": 4, "received": 5, "refused": 0},
        }
    )
    assert "web" in told.partition("Growing: ")[2]


def test_a_few_odd_samples_turn_no_line():
    sizes = [50 + 3 * hour for hour in HOURS]
    sizes[::10] = [900.0] * len(sizes[::10])
    assert trend_of(HOURS, sizes).slope == pytest.approx(3, abs=0.2)


def test_the_picture_has_a_line_for_each_role():
    samples = soaked(**{f"role {number}": lambda hour: 100 * (1 + hour) for number in range(11)})
    picture = ElementTree.fromstring(soak_picture(samples))
    lines = picture.findall("{*}polyline")
    assert len(lines) == 11
    assert all(len(line.attrib["points"].split()) == len(HOURS) for line in lines)


def test_the_table_of_a_load_tells_each_click_and_each_role():
    latencies = {"count": 5, "p50_ms": 10, "p95_ms": 20, "p99_ms": 30, "p100_ms": 41}
    phase = {
        "clicks": 5,
        "seconds": 2.0,
        "failed_count": 1,
        "failed": ["/: 500"],
        "kinds": {"page": latencies},
        "routes": [{"kind": "page", "name": "workbench", "kB": 60.0, **latencies}],
        "cpu": {"web": 0.5, "operators": 0.1},
        "roles": {"web": usage(120)},
    }
    live = {"viewers": 3, "messages": 9, "missing": 0, "cpu_share": 0.2}
    live |= {f"p{quantile}_ms": quantile for quantile in (50, 95, 99, 100)}
    told = load_table(
        {
            "size": {"jobs": 10, "points": 1000, "operators": 2, "viewers": 3},
            "filled_seconds": 1.0,
            "database_bytes": MB,
            "costs": [{"kind": "page", "name": "workbench", "cpu_ms": 33.0, "statements": 12}],
            "alone": phase,
            "together": phase | {"live": live},
        }
    )
    assert "1 clicks failed" in told
    assert "page: workbench" in told
    assert "33" in told
    assert "p95 95" in told
