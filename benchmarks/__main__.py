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

from benchmarks import hot_reload, report, sides
from benchmarks.comparison import Rounds, largest_relative_difference, rounds_run
from benchmarks.job import DATASET, MODELS
from benchmarks.throwaway_acc import Acc, throwaway_acc

BENCHMARKS = ("speed", "storage", "reload")
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
    print(report.machine_line(result["machine"]))
    if options.json:
        Path(options.json).write_text(json.dumps(result, indent=1) + "\n")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--json", metavar="FILE", help="write all figures there")
    parser.add_argument("--rounds", type=int, help="how often each side runs (default 5)")
    parser.add_argument("--steps", type=int, help="of each run (default: about 12 seconds' worth)")
    parser.add_argument("--models", nargs="+", choices=MODELS, default=list(MODELS))
    parser.add_argument("--only", nargs="+", choices=BENCHMARKS, default=list(BENCHMARKS))
    parser.add_argument("--quick", action="store_true", help="small, for trying: 1 round of 200")
    options = parser.parse_args()
    options.rounds = options.rounds or (1 if options.quick else 5)
    options.steps = options.steps or (TRIAL_STEPS if options.quick else None)
    return options


def _speed(options: argparse.Namespace) -> dict[str, Any]:
    """Compare ACC with the loops, for each model; ACC's processes stay up all the while."""
    figures = {}
    with throwaway_acc() as acc:
        acc.call("/datasets/load_builtin", {"name": DATASET})
        for model in options.models:
            _say(f"{model}: trying how fast it is here")
            trial = sides.acc_run(acc, model, steps=TRIAL_STEPS)
            steps = options.steps or math.ceil(trial.pace * RUN_SECONDS / 100) * 100
            figures[model] = _model_speed(
                acc, model, steps=steps, rounds=options.rounds, threads=trial.threads
            )
    print(report.speed_table(figures))
    return figures


def _model_speed(acc: Acc, model: str, *, steps: int, rounds: int, threads: int) -> dict[str, Any]:
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


def _loss_difference(acc: Acc, model: str, done: Rounds, *, threads: int) -> float:
    """Return how far ACC's and the bare loop's first losses are apart: the same maths, or not."""
    run = done.runs[ACC][0]
    assert isinstance(run, sides.AccRun)
    count = min(COMPARED_STEPS, run.steps)
    recorded = sides.acc_totals(acc, run.job_id, count)
    return largest_relative_difference(recorded, sides.bare_totals(model, count, threads=threads))


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
