"""Aim's side: `Run.track` of a step's losses at once, and `aim up`."""

import contextlib
import struct
import sys
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from aim import Repo, Run
from aim.storage.treeutils import decode_tree

from acc.verification.ports import free_port
from benchmarks.trackers.curves import NAMES, SPIKED
from benchmarks.trackers.server import Answer, ask, server
from benchmarks.trackers.trial import Chart, Tracker, trial_run

# What its Metrics page asks for until somebody turns the density up.
CHART_POINTS = 50


class Aim(Tracker):
    """A RocksDB a run."""

    version = version("aim")
    page_asks = "off; 10 s"

    def __init__(self, folder: Path) -> None:
        """Make a repository in a folder."""
        self._folder = folder
        self._port = free_port()
        Repo.from_path(str(folder), init=True)

    def begin(self, run: str) -> None:
        """Begin a run, without what it would measure and capture besides."""
        self._run = Run(
            repo=str(self._folder),
            experiment=run,
            system_tracking_interval=None,
            capture_terminal_logs=False,
        )

    def log(self, step: int, losses: list[float]) -> None:
        """Track the step's losses in one call."""
        self._run.track(dict(zip(NAMES, losses, strict=True)), step=step)

    def end(self) -> None:
        """Close the run."""
        self._run.close()

    @contextlib.contextmanager
    def serve(self) -> Iterator[None]:
        """Run its server."""
        aim = Path(sys.executable).with_name("aim")
        command = [str(aim), "up", "--repo", str(self._folder), "--port", str(self._port)]
        path, log = "/api/projects/", self._folder / "server.log"
        with server(command, port=self._port, path=path, log=log):
            yield

    def chart(self) -> Chart:
        """Search for the run's metrics, as its Metrics page does: one request for all."""
        names = " or ".join(f"metric.name == '{name}'" for name in NAMES)
        answer = self._search(names)
        steps, values = _series(answer.body)
        return Chart(
            seconds=answer.seconds,
            size_bytes=answer.size_bytes,
            points=len(steps),
            highest=max(values, default=0.0),
            last_step=int(max(steps, default=0)),
        )

    def newest_step(self) -> int:
        """Ask for one metric only."""
        steps, _ = _series(self._search(f"metric.name == '{SPIKED}'").body)
        return int(max(steps, default=0))

    def _search(self, what: str) -> Answer:
        asked = f"run.hash == '{self._run.hash}' and ({what})"
        query = urlencode({"q": asked, "p": CHART_POINTS})
        return ask(self._port, f"/api/runs/search/metric/?{query}")


def _series(body: bytes) -> tuple[list[float], list[float]]:
    """Return the steps and values of the spiked series in what the server streams."""
    told: dict[str, Any] = decode_tree(_pairs(body))
    for run in told.values():
        for trace in run.get("traces", []) if isinstance(run, dict) else []:
            if trace["name"] == SPIKED:
                return _numbers(trace["iters"]), _numbers(trace["values"])
    return [], []


def _pairs(body: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield keys and values; each comes after its length."""
    parts, place = [], 0
    while place < len(body):
        (length,) = struct.unpack_from("I", body, place)
        parts.append(body[place + 4 : place + 4 + length])
        place += 4 + length
    yield from zip(parts[::2], parts[1::2], strict=True)


def _numbers(told: dict[str, Any]) -> list[float]:
    return list(struct.unpack(f"{told['shape']}d", told["blob"]))


@contextlib.contextmanager
def aim_made(folder: Path) -> Iterator[Tracker]:
    """Yield Aim; it needs nothing before it is served."""
    yield Aim(folder)


if __name__ == "__main__":
    trial_run(aim_made)
