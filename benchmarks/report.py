"""The tables that `make bench` prints."""

import platform
import statistics
from typing import Any

import psutil

from benchmarks.comparison import Figure
from benchmarks.quality import SHOWN, quality_rows
from benchmarks.text_table import table

# What is shown, its key in the figures, digits, and whether more is better.
STORAGE_LINES = (
    ("points written a second", "points_per_second", 0, True),
    ("bytes a point on disk", "bytes_per_point", 1, False),
    ("ms to read a chart", "chart_ms", 1, False),
    ("ms to read every point", "history_ms", 0, False),
)


def shown(figure: Figure, digits: int) -> str:
    """Return a median with its spread."""
    numbers = (figure.median, figure.lowest, figure.highest)
    middle, lowest, highest = (f"{number:.{digits}f}" for number in numbers)
    return f"{middle} ({lowest}..{highest})"


def quality_table(figures: dict[str, Any]) -> str:
    """Return what the default model reached on each dataset."""
    header = ["", *(name for _, _, name, _ in SHOWN)]
    return "\n".join(
        table(f"{dataset}: {figures['steps']} joint steps, held-out images", header, rows)
        for dataset, rows in (
            (dataset, quality_rows(runs)) for dataset, runs in figures["datasets"].items()
        )
    )


def speed_table(figures: dict[str, dict[str, Any]]) -> str:
    """Return the tables of the models' speeds."""
    lines = []
    for model, speed in figures.items():
        rows = [
            [
                side,
                shown(Figure(**pace), 1),
                shown(Figure(**speed["ratio"][side]), 3) if side in speed["ratio"] else "",
            ]
            for side, pace in speed["pace"].items()
        ]
        title = (
            f"{model}: {speed['steps']} steps, torch's threads: {speed['threads']} where not said"
        )
        lines.append(table(title, ["", "steps a second", "ACC is so many times as fast"], rows))
        lines.append(_facts(speed) + "\n")
    return "\n".join(lines)


def _facts(speed: dict[str, Any]) -> str:
    runs = speed["runs"]["ACC"]
    steps, seen = speed["steps"] * len(runs), sum(run["received"]["steps"] for run in runs)
    checkpoints = sum(run["received"]["checkpoints"] for run in runs)
    return (
        f"Median of {len(runs)} (lowest..highest). ACC recorded, stored and streamed every step: "
        f"its client received\n{seen:,} of {steps:,}, and word of {checkpoints} checkpoints. "
        f"Its losses and the bare loop's differ by {speed['loss_difference']:.0e} at most.\n"
        f"The logging loop's DataLoader has {speed['loader_workers']} workers."
    )


def storage_table(figures: dict[str, dict[str, float]]) -> str:
    """Return the table of the loss storage; reading is scaled to the packed job's points."""
    ours, theirs = (storage_rates(figures[side], figures["packed"]) for side in ("packed", "rows"))
    rows = []
    for label, key, digits, more_is_better in STORAGE_LINES:
        ratio = ours[key] / theirs[key] if more_is_better else theirs[key] / ours[key]
        rows.append(
            [label, f"{ours[key]:,.{digits}f}", f"{theirs[key]:,.{digits}f}", f"{ratio:.1f}"]
        )
    title = (
        f"Loss storage on SQLite, 5 tasks; reading is of {figures['packed']['points']:,} points "
        f"(the rows scaled up from {figures['rows']['points']:,})"
    )
    return table(title, ["", "ACC", "a row a point", "times better"], rows)


def storage_rates(side: dict[str, float], whole: dict[str, float]) -> dict[str, float]:
    """Return comparable figures of one way to store, for as many points as `whole` has."""
    scale = whole["points"] / side["points"]
    return {
        "points_per_second": side["points"] / side["write_seconds"],
        "bytes_per_point": side["bytes"] / side["points"],
        "chart_ms": 1e3 * scale * side["chart_seconds"],
        "history_ms": 1e3 * scale * side["history_seconds"],
    }


def machine(torch_facts: dict[str, Any]) -> dict[str, Any]:
    """Return what the figures depend on."""
    return {
        "cores": psutil.cpu_count(),
        "processor": platform.processor() or platform.machine(),
        "system": platform.system(),
        "python": platform.python_version(),
        **torch_facts,
    }


def machine_line(facts: dict[str, Any]) -> str:
    """Return in one line what the figures depend on."""
    return (
        f"Machine: {facts['cores']} cores ({facts['processor']}, {facts['system']}), "
        f"training on {facts['device']}, "
        f"torch {facts['torch']}, Python {facts['python']}"
    )


def reload_table(figures: dict[str, Any]) -> str:
    """Return the tables of the task files' trials."""
    by_kind: dict[str, list[float]] = {}
    for trial in figures["trials"]:
        by_kind.setdefault(trial["kind"], []).append(trial["seconds"])
    rows = [
        [kind, str(len(seconds)), f"{statistics.median(seconds):.2f}", f"{max(seconds):.2f}"]
        for kind, seconds in by_kind.items()
    ]
    count = str(len(figures["trials"]))
    median, worst = (f"{figures[f'{which}_seconds']:.2f}" for which in ("median", "worst"))
    hostile, many = figures["hostile"], figures["many"]
    title = "Seconds from a saved task file to its class in the API, while a job trains"
    return "\n".join(
        [
            table(title, ["", "trials", "median", "worst"], [*rows, ["all", count, median, worst]]),
            (
                f"{len(hostile['errors'])} files that do harm, saved at once: all reported after "
                f"{hostile['reported_seconds']:.1f} s, a good file beside them after "
                f"{hostile['good_file_seconds']:.2f} s;\nthe job went on at "
                f"{hostile['pace_ratio']:.2f} times its pace before."
            ),
            (
                f"{many['files']} files: a new process knows them after "
                f"{many['start_up_scan_seconds']:.1f} s (its imports included), a running system "
                f"{many['written_at_once_seconds']:.1f} s after\nthey were written; "
                f"an edit of one is visible after {many['edit_seconds']:.2f} s.\n"
            ),
        ]
    )


def viewers_table(figures: dict[str, Any]) -> str:
    """Return the tables of what open pages cost a job."""
    count, received = figures["viewers"], figures["received"]
    sides = ("0", str(count))
    pace = [shown(Figure(**figures["pace"][side]), 1) for side in sides]
    rows = [["steps a second", *pace]]
    for part in figures["cpu"][sides[1]][0]:
        shares = [
            [100 * window.get(part, 0.0) for window in figures["cpu"][side]] for side in sides
        ]
        rows.append([f"% of a core: {part}", *(shown(Figure.of(share), 0) for share in shares)])
    late = [
        f"{name} {max(window[key] for window in received):.0f}"
        for name, key in (
            ("p50", "p50_ms"),
            ("p95", "p95_ms"),
            ("p99", "p99_ms"),
            ("all", "p100_ms"),
        )
    ]
    messages, missing = (sum(window[key] for window in received) for key in ("messages", "missing"))
    title = f"A ConvVAE job with nobody looking and with {count} live pages on the same machine"
    return "\n".join(
        [
            table(title, ["", "nobody", f"{count} pages"], rows),
            (
                f"With them it has {shown(Figure(**figures['ratio']), 3)} of its pace. They "
                f"received {messages:,} messages and missed {missing}.\n"
                f"ms from a step to a page, worst round: {', '.join(late)}.\n"
            ),
        ]
    )


def page_table(figures: dict[str, Any]) -> str:
    """Return what became of a page that stayed open."""
    heap = [size / 1e6 for size in figures["heap"]]
    quarter = len(heap) // 4
    early, late = heap[quarter : 2 * quarter], heap[-quarter:]
    return (
        f"A page through {figures['minutes']} minutes of a job, {figures['steps']:,} steps, cut "
        f"off {figures['cuts']} times: what it draws is\nwhat is stored, and in the end what a "
        f"fresh page draws. Its scripts hold {statistics.median(early):.1f} MB in the second "
        f"quarter,\n{statistics.median(late):.1f} MB in the last one.\n"
    )


def chart_table(figures: dict[str, Any]) -> str:
    """Return the table of charts asked of the API."""
    rows = [
        [
            f"{int(steps):,} steps",
            f"{chart['ms']:.0f}",
            f"{chart['bytes'] / 1e3:.0f}",
            f"{chart['bytes_unpacked'] / 1e3:.0f}",
        ]
        for steps, chart in figures["charts"].items()
    ]
    title = (
        f"A chart over HTTP, 5 tasks, {figures['max_points']} points a series with their bands; "
        f"the longer job costs {figures['ratio']:.2f} times the shorter one"
    )
    return table(title, ["", "ms", "kB sent", "kB unpacked"], rows)
