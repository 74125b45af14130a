"""Runs the benchmarks and prints what they come to: `make bench`, or `python -m benchmarks`."""

import argparse
import json
import math
import signal
import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import psutil

from acc.verification.system import ThrowawaySystem, throwaway_system
from benchmarks import hot_reload, load, page, quality, report, sides, soak, viewers
from benchmarks.comparison import Rounds, largest_relative_difference, rounds_run
from benchmarks.job import MODELS
from benchmarks.load_report import load_table
from benchmarks.soak_picture import soak_picture
from benchmarks.soak_report import soak_table
from benchmarks.trackers import sides as trackers
from benchmarks.trackers.table import trackers_table

BENCHMARKS = ("speed", "storage", "reload", "viewers", "page", "chart", "trackers", "quality")
# By their names alone: they take long, and want the machine for themselves.
LONG_ONES = ("load", "soak")
# Long enough for a periodic checkpoint (10 s) in every run of ACC.
RUN_SECONDS = 12.0
TRIAL_STEPS = 200
COMPARED_STEPS = 50
LOADER_WORKERS = (0, 2)
CORES = psutil.cpu_count() or 1
# ACC leaves a core to everything else; a script of its own would not, so it is shown both ways.
ACC, BARE, BARE_ALL, LOGGING = "ACC", "bare", "bare, all cores", "logging"


def main() -> None:
    """Run what is asked for."""
    # Turned into an exception, so that ACC is stopped and its home removed.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    options = _options()
    result: dict[str, Any] = {"machine": report.machine(sides.torch_facts())}
    if "speed" in options.only:
        result["speed"] = _speed(options)
    if "storage" in options.only:
        points, rows = (100_000, 10_000) if options.quick else (1_000_000, 100_000)
        _say(f"storing and reading {points:,} points")
        result["storage"] = sides.storage_figures(points=points, rows=rows)
        print(report.storage_table(result["storage"]))
    if "reload" in options.only:
        _say("saving task files while a job trains")
        result["reload"] = hot_reload.figures()
        print(report.reload_table(result["reload"]))
    if "viewers" in options.only:
        _say(f"{viewers.VIEWERS} pages open and close while a job trains")
        seconds = 5.0 if options.quick else viewers.WINDOW_SECONDS
        result["viewers"] = viewers.figures(rounds=options.rounds, seconds=seconds)
        print(report.viewers_table(result["viewers"]))
    if "page" in options.only:
        result["page"] = _page(options)
    if "chart" in options.only:
        _say("asking for the charts of a long job and of one a hundred times as long")
        result["chart"] = sides.chart_figures()
        print(report.chart_table(result["chart"]))
    if "trackers" in options.only:
        result["trackers"] = _trackers(options)
    if "quality" in options.only:
        _say("what the default model reaches, three seeds a dataset")
        steps = options.steps or (TRIAL_STEPS if options.quick else quality.STEPS)
        pictures = Path(options.pictures) if options.pictures else None
        result["quality"] = quality.figures(steps=steps, pictures=pictures)
        print(report.quality_table(result["quality"]))
    long_ones = {"load": _load, "soak": _soak}
    result |= {name: long_ones[name](options) for name in LONG_ONES if name in options.only}
    print(report.machine_line(result["machine"]))
    if options.json:
        Path(options.json).write_text(json.dumps(result, indent=1) + "\n")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--json", metavar="FILE", help="write all figures there")
    parser.add_argument("--rounds", type=int, help="how often each side runs (default 5)")
    parser.add_argument("--steps", type=int, help="of each run (default: about 12 seconds' worth)")
    parser.add_argument("--models", nargs="+", choices=MODELS, default=list(MODELS))
    parser.add_argument(
        "--only", nargs="+", choices=BENCHMARKS + LONG_ONES, default=list(BENCHMARKS)
    )
    parser.add_argument("--pictures", metavar="DIR", help="of quality and soak: go there")
    parser.add_argument(
        "--side-venv",
        type=Path,
        default=trackers.SIDE_VENV,
        metavar="DIR",
        help="of trackers: where MLflow and Aim are installed (default: %(default)s)",
    )
    parser.add_argument("--minutes", type=float, help="of soak (default 60)")
    parser.add_argument("--quick", action="store_true", help="small, for trying: 1 round of 200")
    options = parser.parse_args()
    options.rounds = options.rounds or (1 if options.quick else 5)
    options.steps = options.steps or (TRIAL_STEPS if options.quick else None)
    return options


def _speed(options: argparse.Namespace) -> dict[str, Any]:
    """Compare ACC with the loops, for each model; ACC's processes stay up all the while."""
    figures = {}
    with throwaway_system() as acc:
        for model in options.models:
            _say(f"{model}: trying how fast it is here")
            trial = sides.acc_run(acc, model, steps=TRIAL_STEPS)
            steps = options.steps or math.ceil(trial.pace * RUN_SECONDS / 100) * 100
            figures[model] = _model_speed(
                acc, model, steps=steps, rounds=options.rounds, threads=trial.threads
            )
    print(report.speed_table(figures))
    return figures


def _model_speed(
    acc: ThrowawaySystem, model: str, *, steps: int, rounds: int, threads: int
) -> dict[str, Any]:
    loader_workers = _best_loader_workers(model, threads=threads)
    compared: dict[str, Callable[[], sides.Run]] = {
        ACC: lambda: sides.acc_run(acc, model, steps=steps),
        BARE: lambda: sides.bare_run(model, steps=steps, threads=threads),
        BARE_ALL: lambda: sides.bare_run(model, steps=steps, threads=CORES),
        LOGGING: lambda: sides.logging_run(
            model, steps=steps, threads=threads, loader_workers=loader_workers
        ),
    }
    done = rounds_run(compared, count=rounds, say=lambda line: _say(f"{model}: {line}"))
    return {
        "steps": steps,
        "threads": threads,
        "loader_workers": loader_workers,
        "pace": {side: asdict(done.pace(side)) for side in done.runs},
        "ratio": {side: asdict(done.ratio(ACC, side)) for side in done.runs if side != ACC},
        "loss_difference": _loss_difference(acc, model, done, threads=threads),
        "runs": {side: [asdict(run) for run in runs] for side, runs in done.runs.items()},
    }


def _loss_difference(acc: ThrowawaySystem, model: str, done: Rounds, *, threads: int) -> float:
    """Return how far ACC's and the bare loop's first losses are apart: the same maths, or not."""
    run = done.runs[ACC][0]
    assert isinstance(run, sides.AccRun)
    count = min(COMPARED_STEPS, run.steps)
    recorded = sides.acc_totals(acc, run.job_id, count)
    return largest_relative_difference(recorded, sides.bare_totals(model, count, threads=threads))


def _trackers(options: argparse.Namespace) -> dict[str, Any]:
    """Give ACC, TensorBoard, MLflow and Aim the same run."""
    _say("ACC, TensorBoard, MLflow and Aim are given the same run")
    steps = trackers.QUICK_STEPS if options.quick else trackers.STEPS
    figures = trackers.figures(steps=steps, venv=options.side_venv)
    print(trackers_table(figures))
    return figures


def _page(options: argparse.Namespace) -> dict[str, Any]:
    """Keep a page open for long."""
    minutes = 2 if options.quick else page.MINUTES
    _say(f"a page stays open for {minutes} minutes of a job, told as fast as it can hear them")
    figures = page.figures(minutes=minutes)
    print(report.page_table(figures))
    return figures


def _load(options: argparse.Namespace) -> dict[str, Any]:
    """Fill a system, and have many people click in it."""
    size = load.QUICK if options.quick else load.FULL
    _say(f"{size.operators} operators click in a system of {size.jobs:,} jobs")
    figures = load.figures(size)
    print(load_table(figures))
    return figures


def _soak(options: argparse.Namespace) -> dict[str, Any]:
    """Use a system for long; the picture of its memory goes where pictures go."""
    minutes = options.minutes or (1.0 if options.quick else soak.MINUTES)
    _say(f"a system is used for {minutes:g} minutes")
    figures = soak.figures(minutes=minutes)
    print(soak_table(figures))
    if options.pictures:
        picture = Path(options.pictures) / "soak-memory.svg"
        picture.parent.mkdir(parents=True, exist_ok=True)
        picture.write_text(soak_picture(figures["samples"]))
    return figures


def _best_loader_workers(model: str, *, threads: int) -> int:
    """Return with how many workers the DataLoader is fastest here."""
    paces = {
        count: sides.logging_run(
            model, steps=TRIAL_STEPS, threads=threads, loader_workers=count
        ).pace
        for count in LOADER_WORKERS
    }
    return max(paces, key=lambda count: paces[count])


def _say(line: str) -> None:
    """Tell on stderr how far it is; stdout is for the tables."""
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
