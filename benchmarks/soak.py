"""A system that is used all the while: whether the memory of any of its processes grows."""

import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

from acc.verification.system import ThrowawaySystem, throwaway_system
from benchmarks.churn import Churn
from benchmarks.processes import Usage, usage_by_role
from benchmarks.soak_traffic import Traffic
from benchmarks.trend import Trend, trend_of

MINUTES = 60.0
SAMPLE_SECONDS = 10.0
VIEWERS = 20
SEED = 7
MB = 1e6


def figures(*, minutes: float) -> dict[str, Any]:
    """Use a system for so many minutes; return what each role took every ten seconds."""
    samples: list[dict[str, Any]] = []
    with throwaway_system() as system:
        traffic = Traffic(system, slug="soak", seed=SEED)
        viewers = Churn(system.client("soak").live_url(), VIEWERS, seed=SEED)
        traffic.start()
        viewers.start()
        try:
            began = time.monotonic()
            while (seconds := time.monotonic() - began) < 60 * minutes:
                samples.append(_sample(system, seconds))
                next_at = began + len(samples) * SAMPLE_SECONDS
                time.sleep(max(0.0, next_at - time.monotonic()))
        finally:
            viewers.end()
            traffic.end()
    return {
        "minutes": minutes,
        "samples": samples,
        "trends": {role: asdict(trend) for role, trend in trends(samples).items()},
        "done": dict(traffic.done),
        "failed": dict(traffic.failed),
        "said": traffic.said,
        "viewers": {
            "opened": viewers.opened,
            "received": viewers.received,
            "refused": viewers.refused,
        },
    }


def trends(samples: list[dict[str, Any]]) -> dict[str, Trend]:
    """Return how the memory of each role, and of all, went over the second half."""
    half = samples[len(samples) // 2 :]
    hours = [sample["seconds"] / 3600 for sample in half]
    roles = sorted({role for sample in half for role in sample["roles"]})
    found = {}
    for role in roles:
        taken = [sample["roles"].get(role, {}).get("pss_bytes", 0) / MB for sample in half]
        found[role] = trend_of(hours, taken)
    total = [sum(one["pss_bytes"] for one in sample["roles"].values()) / MB for sample in half]
    return found | {"all": trend_of(hours, total)}


def _sample(system: ThrowawaySystem, seconds: float) -> dict[str, Any]:
    roles: dict[str, Usage] = usage_by_role(system.pid)
    return {
        "seconds": round(seconds, 1),
        "roles": {role: asdict(usage) for role, usage in roles.items()},
        "disk_bytes": _size_of(system.home),
    }


def _size_of(directory: Path) -> int:
    size = 0
    for path in directory.rglob("*"):
        try:
            size += path.stat().st_size
        except FileNotFoundError:
            continue  # a passing checkpoint went meanwhile
    return size
