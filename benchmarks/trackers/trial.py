"""What each tracker is asked: to take a long run, to show its chart, to show a step soon."""

import argparse
import contextlib
import json
import tempfile
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.trackers.curves import SPIKE_STEP, SPIKE_VALUE, curves_make

CHART_REQUESTS = 5
LOOK_SECONDS = 0.02
LIVE_STEPS_A_SECOND = 20
LIVE_SECONDS = 10.0
# TensorBoard's writer may keep points for 120 s.
SEEN_LIMIT_SECONDS = 180.0
LOAD_LIMIT_SECONDS = 300.0


@dataclass(frozen=True)
class Chart:
    """What a tool's page fetches to draw the curves of a run.

    Attributes:
        points: how many of the spiked series came.
        highest: the largest value of the spiked series in it.
        last_step: the last step of the spiked series in it.
    """

    seconds: float
    size_bytes: int
    points: int
    highest: float
    last_step: int


class Tracker(ABC):
    """A tool with its server, in a folder of its own.

    Attributes:
        version: of the tool.
        page_asks: after how long its page asks for new points, as its front end has it.
    """

    version: str
    page_asks: str

    @abstractmethod
    def begin(self, run: str) -> None:
        """Begin a run."""

    @abstractmethod
    def log(self, step: int, losses: Any) -> None:
        """Take the losses of a step: what the training thread calls."""

    @abstractmethod
    def end(self) -> None:
        """Return when all that was logged is stored."""

    @abstractmethod
    def serve(self) -> contextlib.AbstractContextManager[None]:
        """Have what the tool's page talks to running."""

    @abstractmethod
    def chart(self) -> Chart:
        """Fetch the run's chart as the tool's page does."""

    def newest_step(self) -> int:
        """Return the last step that a client has; 0 before the first."""
        return self.chart().last_step

    def rows(self, losses_ST: Any) -> Iterable[Any]:
        """Yield what `log` takes of each step."""
        yield from losses_ST.tolist()


def trial_run(make: Callable[[Path], contextlib.AbstractContextManager[Tracker]]) -> None:
    """Ask a tool everything; print the figures as JSON. The program of each tool's child."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--steps", type=int, required=True)
    parser.add_argument("--seconds", type=float, required=True, help="after which writing stops")
    options = parser.parse_args()
    with (
        tempfile.TemporaryDirectory(prefix="acc-bench-", ignore_cleanup_errors=True) as folder,
        make(Path(folder)) as tracker,
    ):
        written = _write(tracker, Path(folder), steps=options.steps, limit=options.seconds)
        with tracker.serve():
            charted = _chart(tracker, last_step=written["steps"])
            tracker.begin("live")
            seen = _seen(tracker)
            tracker.end()
    told = {"version": tracker.version, "page_asks": tracker.page_asks}
    print(json.dumps({**told, **written, "chart": charted, "seen": seen}))


def _write(tracker: Tracker, folder: Path, *, steps: int, limit: float) -> dict[str, Any]:
    """Log a run as fast as it goes, until the end or the limit, but always past the spike."""
    losses_ST = curves_make(steps)
    tracker.begin("long")
    size_before = _size(folder)
    logging, step = 0.0, 0
    began = time.perf_counter()
    for step, row in enumerate(tracker.rows(losses_ST), start=1):
        before = time.perf_counter()
        tracker.log(step, row)
        after = time.perf_counter()
        logging += after - before
        if after - began > limit and step > SPIKE_STEP:
            break
    tracker.end()
    seconds = time.perf_counter() - began
    return {
        "steps": step,
        "write_seconds": seconds,
        "us_a_step": 1e6 * logging / step,
        "bytes": _size(folder) - size_before,
    }


def _chart(tracker: Tracker, *, last_step: int) -> dict[str, Any]:
    began = time.monotonic()
    while tracker.newest_step() < last_step:
        if time.monotonic() - began > LOAD_LIMIT_SECONDS:
            raise RuntimeError(f"the server does not show step {last_step}")
        time.sleep(0.1)
    charts = [tracker.chart() for _ in range(CHART_REQUESTS)]
    shown = charts[-1]
    return {
        **asdict(shown),
        "seconds": median(chart.seconds for chart in charts),
        "has_spike": shown.highest >= SPIKE_VALUE,
    }


def _seen(tracker: Tracker) -> dict[str, float]:
    """Log at an even pace; return how old steps are when a client first has them."""
    logged: dict[int, float] = {}
    seen: dict[int, float] = {}
    measured_count = int(LIVE_STEPS_A_SECOND * LIVE_SECONDS)
    ended = threading.Event()
    rows = list(tracker.rows(curves_make(max(measured_count, SPIKE_STEP))))

    def look() -> None:
        last = 0
        while last < measured_count and not ended.is_set():
            newest = tracker.newest_step()
            now = time.monotonic()
            for step in range(last + 1, min(newest, measured_count) + 1):
                seen[step] = now
            last = max(last, newest)
            ended.wait(LOOK_SECONDS)

    client = threading.Thread(target=look, daemon=True)
    client.start()
    began = time.monotonic()
    step = 0
    # Goes on until all are seen: a writer may hold the last ones back until more come.
    while client.is_alive() and time.monotonic() - began < SEEN_LIMIT_SECONDS:
        step += 1
        logged[step] = time.monotonic()
        tracker.log(step, rows[(step - 1) % len(rows)])
        ended.wait(max(0.0, began + step / LIVE_STEPS_A_SECOND - time.monotonic()))
    ended.set()
    client.join()
    if not seen:
        raise RuntimeError(f"no step was seen within {SEEN_LIMIT_SECONDS:g} s")
    ages = [seen[step] - logged[step] for step in seen]
    return {"median_seconds": median(ages), "worst_seconds": max(ages), "steps": len(ages)}


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
