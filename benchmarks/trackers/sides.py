"""Runs every tracker's child, each in the environment that it needs; returns the figures."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from benchmarks.own_site import ROOT

# Not in ACC's own environment: MLflow and Aim bring a gigabyte, and their own bounds.
SIDE_VENV = ROOT / "var" / "bench-venv"
ACC, TENSORBOARD, MLFLOW, BATCHED, AIM = (
    "ACC",
    "TensorBoard",
    "MLflow, a call a step",
    "MLflow, a call per 1,000",
    "Aim",
)
# What is run of each; whether it needs the side environment.
CHILDREN = {
    ACC: (("acc",), False),
    TENSORBOARD: (("tensorboard",), False),
    MLFLOW: (("mlflow",), True),
    BATCHED: (("mlflow", "--batched"), True),
    AIM: (("aim",), True),
}
STEPS, QUICK_STEPS = 200_000, 2_000
# A tool that needs longer for the run is given fewer steps; the table says so.
WRITE_SECONDS = 60.0
CHILD_SECONDS = 900.0


def figures(*, steps: int, venv: Path = SIDE_VENV) -> dict[str, Any]:
    """Return what each tool came to; for one that cannot run here, a sentence under `missing`."""
    load = os.getloadavg()[0]
    side = _side_python(venv)
    tools: dict[str, Any] = {}
    for name, (arguments, is_aside) in CHILDREN.items():
        if is_aside and side is None:
            tools[name] = {"missing": "its packages could not be installed here"}
            continue
        print(f"{name}: {steps:,} steps of five series", file=sys.stderr, flush=True)
        python = str(side) if is_aside else sys.executable
        tools[name] = child_run(python, arguments, steps=steps)
    return {"steps": steps, "load": [load, os.getloadavg()[0]], "tools": tools}


def _side_python(venv: Path) -> Path | None:
    """Return the Python of the side environment, made first where it is not there."""
    command = [sys.executable, str(ROOT / "requirements" / "install.py"), str(venv), "bench.txt"]
    # Its lines are for who waits; stdout is for the tables.
    if subprocess.call(command, stdout=sys.stderr):
        return None
    return venv / "bin" / "python"


def child_run(python: str, arguments: tuple[str, ...], *, steps: int) -> dict[str, Any]:
    """Run one tool's child; return its figures, or what was wrong under `missing`."""
    module, *options = arguments
    command = [python, "-m", f"benchmarks.trackers.{module}", *options]
    command += ["--steps", str(steps), "--seconds", str(WRITE_SECONDS)]
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, timeout=CHILD_SECONDS, check=False
    )
    if done.returncode:
        said = done.stderr.strip() or f"exit code {done.returncode}"
        return {"missing": f"it ended with: {said.splitlines()[-1]}"}
    told: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return told
