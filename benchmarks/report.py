"""The tables that `make bench` prints."""

import platform
import statistics
from collections.abc import Sequence
from typing import Any

import psutil

from benchmarks.comparison import Figure

# What is shown, its key in the figures, digits, and whether more is better.
STORAGE_LINES = (
    ("points written a second", "points_per_second", 0, True),
    ("bytes a point on disk", "bytes_per_point", 1, False),
    ("ms to read a chart", "chart_ms", 1, False),
    ("ms to read every point", "history_ms", 0, False),
)


def table(title: str, header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return lines whose columns are aligned: the first to the left, numbers to the right."""
    widths = [max(len(row[i]) for row in [header, *rows]) for i in range(len(header))]
    lines = [
        "  ".join(
            cell.ljust(width) if i == 0 else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in [header, *rows]
    ]
    return "\n".join([title, *lines, ""])


def shown(figure: Figure, digits: int) -> str:
    """Return a median with its spread."""
    numbers = (figure.median, figure.lowest, figure.highest)
    middle, lowest, highest = (f"{number:.{digits}f}" for number in numbers)
    return f"{middle} ({lowest}..{highest})"


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
