"""TensorBoard's side: torch's SummaryWriter and `tensorboard`, both with their defaults."""

import contextlib
import json
import sys
from collections.abc import Iterator
from pathlib import Path

import tensorboard
from torch.utils.tensorboard import SummaryWriter

from acc.verification.ports import free_port
from benchmarks.trackers.curves import NAMES, SPIKED
from benchmarks.trackers.server import Answer, ask, server
from benchmarks.trackers.trial import Chart, Tracker, trial_run

TIME_SERIES = "/data/plugin/timeseries/timeSeries"


class TensorBoard(Tracker):
    """Event files; the server keeps a sample of 1,000 points of each series."""

    version = tensorboard.__version__
    page_asks = "off; 30 s"

    def __init__(self, folder: Path) -> None:
        """Prepare to write into a folder."""
        self._folder = folder / "runs"
        self._folder.mkdir()
        self._log = folder / "server.log"
        self._port = free_port()
        self._run = ""

    def begin(self, run: str) -> None:
        """Begin a run: a folder of its own."""
        self._run = run
        self._writer = SummaryWriter(str(self._folder / run))

    def log(self, step: int, losses: list[float]) -> None:
        """Add a scalar a series, as its tutorial does."""
        for name, loss in zip(NAMES, losses, strict=True):
            self._writer.add_scalar(name, loss, step)

    def end(self) -> None:
        """Close the file."""
        self._writer.close()

    @contextlib.contextmanager
    def serve(self) -> Iterator[None]:
        """Run its server."""
        place = ["--logdir", str(self._folder), "--host", "127.0.0.1", "--port", str(self._port)]
        command = [sys.executable, "-m", "tensorboard.main", *place]
        with server(command, port=self._port, path="/data/environment", log=self._log):
            yield

    def chart(self) -> Chart:
        """Fetch a card's data a series, as its Time Series page does."""
        answers = {name: self._series(name) for name in NAMES}
        points = self._points(answers[SPIKED])
        return Chart(
            seconds=sum(answer.seconds for answer in answers.values()),
            size_bytes=sum(answer.size_bytes for answer in answers.values()),
            points=len(points),
            highest=max((value for _, value in points), default=0.0),
            last_step=max((step for step, _ in points), default=0),
        )

    def newest_step(self) -> int:
        """Ask for one series only."""
        return max((step for step, _ in self._points(self._series(SPIKED))), default=0)

    def _series(self, name: str) -> Answer:
        asked = json.dumps([{"plugin": "scalars", "tag": name}])
        return ask(self._port, TIME_SERIES, {"requests": asked})

    def _points(self, answer: Answer) -> list[tuple[int, float]]:
        (told,) = json.loads(answer.body)
        series = told.get("runToSeries", {}).get(self._run, [])
        return [(point["step"], point["value"]) for point in series]


@contextlib.contextmanager
def tensorboard_made(folder: Path) -> Iterator[Tracker]:
    """Yield TensorBoard; it needs nothing before it is served."""
    yield TensorBoard(folder)


if __name__ == "__main__":
    trial_run(tensorboard_made)
