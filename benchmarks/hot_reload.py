"""From a saved task file to its class in the API, while a job trains."""

import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from acc.verification.client import Client
from acc.verification.system import ROOT, throwaway_system
from benchmarks.sides import experiment_make
from benchmarks.task_files import HOSTILE, Shelf

TRIALS = 50
MANY = 200
PATIENCE_SECONDS = 30.0
LOOK_SECONDS = 0.005
# As often as this the API is asked while the job's pace is measured, before and with hostile files.
PAGE_SECONDS = 0.1
# The pace of the job is measured over so long, before and with the hostile files.
PACE_SECONDS = 10.0
SCAN = """
import sys, time
from pathlib import Path
from acc.tasks.registry import TaskRegistry
began = time.perf_counter()
registry = TaskRegistry([Path(sys.argv[1])])
assert len(registry.list()) >= int(sys.argv[2]) and not registry.errors()
print(time.perf_counter() - began)
"""


@dataclass(frozen=True)
class Trial:
    """One save and how long it took to be visible."""

    kind: str
    seconds: float


def figures() -> dict[str, Any]:
    """Run all trials; return what they took."""
    with throwaway_system() as system:
        acc = system.client("reload")
        job = _endless_job(acc)
        shelf = Shelf(system.tasks)
        shelf.edit()
        _wait_until_offered(acc, shelf)
        kinds = list(shelf.kinds().items())
        trials = []
        for number in range(TRIALS):
            kind, change = kinds[number % len(kinds)]
            if kind == "create" and number:
                shelf.edit()  # what the last round deleted
                _wait_until_offered(acc, shelf)
            change()
            trials.append(Trial(kind, _wait_until_offered(acc, shelf)))
        hostile = _hostile(acc, shelf, job)
        shelf.write_many(MANY)
        many_seconds = _wait_until_offered(acc, shelf)
        shelf.edit()
        edit_among_many = _wait_until_offered(acc, shelf)
        acc.post("/train/stop")
    return {
        "trials": [asdict(trial) for trial in trials],
        "median_seconds": statistics.median(trial.seconds for trial in trials),
        "worst_seconds": max(trial.seconds for trial in trials),
        "hostile": hostile,
        "many": {
            "files": MANY,
            "start_up_scan_seconds": _scan_seconds(),
            "written_at_once_seconds": many_seconds,
            "edit_seconds": edit_among_many,
        },
    }


def _endless_job(acc: Client) -> int:
    experiment_make(acc, "ConvVAE")
    job = acc.post("/train/start", steps=10_000_000)["id"]
    while acc.get(f"/jobs/{job}")["current_step"] < 1:
        time.sleep(0.1)
    return int(job)


def _wait_until_offered(acc: Client, shelf: Shelf, look_seconds: float = LOOK_SECONDS) -> float:
    """Wait until exactly the shelf's classes are on offer; return how long that took."""
    began = time.perf_counter()
    while time.perf_counter() - began < PATIENCE_SECONDS:
        offered = {
            entry["class_name"]: entry["description"]
            for entry in acc.get("/registry/tasks")
            if not entry["file"].startswith("acc/")
        }
        if offered == shelf.expected:
            return time.perf_counter() - began
        time.sleep(look_seconds)
    raise RuntimeError(f"not on offer within {PATIENCE_SECONDS:g} s: {shelf.expected}")


def _hostile(acc: Client, shelf: Shelf, job: int) -> dict[str, Any]:
    """Save all hostile files at once, then a good one; return what that did."""
    start = _progress(acc, job)
    # The asking costs the job something, too: it is done in both halves.
    _ask_for(acc, PACE_SECONDS)
    middle = _progress(acc, job)
    files = {name: shelf.place / f"{name.replace(' ', '_')}.py" for name in HOSTILE}
    began = time.perf_counter()
    for name, file in files.items():
        file.write_bytes(HOSTILE[name])
    shelf.edit()
    good_seconds = _wait_until_offered(acc, shelf, look_seconds=PAGE_SECONDS)
    while not {str(file) for file in files.values()} <= (told := _errors_told(acc)).keys():
        if time.perf_counter() - began > PATIENCE_SECONDS:
            raise RuntimeError(f"only these are reported: {told}")
        time.sleep(PAGE_SECONDS)
    reported_seconds = time.perf_counter() - began
    _ask_for(acc, PACE_SECONDS - reported_seconds)
    end = _progress(acc, job)
    for file in files.values():
        file.unlink()
    return {
        "reported_seconds": reported_seconds,
        "good_file_seconds": good_seconds,
        "pace_ratio": _pace(middle, end) / _pace(start, middle),
        "errors": {name: told[str(file)] for name, file in files.items()},
    }


def _ask_for(acc: Client, seconds: float) -> None:
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        _errors_told(acc)
        time.sleep(PAGE_SECONDS)


def _errors_told(acc: Client) -> dict[str, str]:
    return {error["file"]: error["error"] for error in acc.get("/registry/errors")}


def _progress(acc: Client, job: int) -> tuple[float, int]:
    """Return the time and the step that the job has reached, at the moment of a new figure."""
    first = acc.get(f"/jobs/{job}")["current_step"]
    while (step := acc.get(f"/jobs/{job}")["current_step"]) == first:
        time.sleep(LOOK_SECONDS)
    return time.perf_counter(), int(step)


def _pace(first: tuple[float, int], last: tuple[float, int]) -> float:
    return (last[1] - first[1]) / (last[0] - first[0])


def _scan_seconds() -> float:
    """Return how long a new process takes to know a directory of many files."""
    with tempfile.TemporaryDirectory(prefix="acc-bench-") as home:
        shelf = Shelf(Path(home) / "tasks")
        shelf.place.mkdir()
        shelf.write_many(MANY)
        command = [sys.executable, "-c", SCAN, str(shelf.place), str(MANY)]
        return float(subprocess.check_output(command, cwd=ROOT, text=True))
