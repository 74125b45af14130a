"""The tables of a system under load."""

from typing import Any

from benchmarks.text_table import table

QUANTILES = ("p50_ms", "p95_ms", "p99_ms", "p100_ms")


def load_table(figures: dict[str, Any]) -> str:
    """Return how long clicks took, what the system took, and how late pages heard of steps."""
    size, alone, together = figures["size"], figures["alone"], figures["together"]
    title = (
        f"{size['jobs']:,} jobs, {size['points']:,} points "
        f"({figures['database_bytes'] / 1e6:,.0f} MB, written in {figures['filled_seconds']:.0f} "
        "s), a job that trains"
    )
    everybody = (
        f"{size['operators']} operators and {size['viewers']} viewers: "
        f"{together['clicks'] / together['seconds']:.1f} clicks a second"
    )
    live = together["live"]
    late = ", ".join(f"p{q} {live[f'p{q}_ms']:.0f}" for q in (50, 95, 99, 100))
    return "\n".join(
        [
            title,
            "",
            _costs(figures["costs"]),
            _latencies("One operator, no viewers, ms", alone),
            _latencies(f"{everybody}, ms", together),
            _taken(figures),
            (
                f"{live['viewers']} viewers received {live['messages']:,} live messages and missed "
                f"{live['missing']}; ms from a step to a page: {late}.\n"
            ),
        ]
    )


def _costs(costs: list[dict[str, Any]]) -> str:
    rows = [
        [f"{one['kind']}: {one['name']}", f"{one['cpu_ms']:.0f}", str(one["statements"])]
        for one in costs
    ]
    title = "What a click costs the web side, whatever else the machine does, median"
    return table(title, ["", "ms of processor", "statements"], rows)


def _latencies(title: str, phase: dict[str, Any]) -> str:
    rows = [
        [f"{one['kind']}: {one['name']}", *_cells(one), f"{one['kB']:.0f}"]
        for one in phase["routes"]
    ]
    rows += [[f"all of kind {kind}", *_cells(one), ""] for kind, one in phase["kinds"].items()]
    header = ["", "clicks", "p50", "p95", "p99", "worst", "kB"]
    failed = phase["failed_count"]
    lines = table(title, header, rows)
    return lines + (f"{failed} clicks failed, such as {phase['failed'][:3]}\n" if failed else "")


def _cells(one: dict[str, Any]) -> list[str]:
    return [str(one["count"]), *(f"{one[name]:.0f}" for name in QUANTILES)]


def _taken(figures: dict[str, Any]) -> str:
    alone, together = figures["alone"], figures["together"]
    rows = []
    for role, usage in together["roles"].items():
        before = alone["roles"].get(role)
        rows.append(
            [
                role,
                f"{100 * alone['cpu'].get(role, 0):.0f}",
                f"{100 * together['cpu'].get(role, 0):.0f}",
                f"{before['pss_bytes'] / 1e6:.0f}" if before else "",
                f"{usage['pss_bytes'] / 1e6:.0f}",
                str(usage["descriptors"]),
            ]
        )
    for who, shares in (
        ("(operators)", (alone["cpu"]["operators"], together["cpu"]["operators"])),
        ("(viewers)", (0.0, together["live"]["cpu_share"])),
    ):
        rows.append([who, *(f"{100 * share:.0f}" for share in shares), "", "", ""])
    header = ["", "% of a core, alone", "with all", "MB, alone", "with all", "descriptors"]
    return table("What each role took", header, rows)
