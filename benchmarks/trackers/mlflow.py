"""MLflow's side, on SQLite: a call a step, or with --batched a call per 1,000 points."""

import contextlib
import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

import mlflow
from mlflow.entities import Metric

from acc.verification.ports import free_port
from benchmarks.trackers.curves import NAMES, SPIKED
from benchmarks.trackers.server import Answer, ask, server
from benchmarks.trackers.trial import Chart, Tracker, trial_run

BATCH_POINTS = 1_000  # the most that one call takes
# What the charts of its page ask for.
CHART_POINTS = 320
INTERVAL = "/ajax-api/2.0/mlflow/metrics/get-history-bulk-interval"


class MLflow(Tracker):
    """A row a point, written by the training thread itself."""

    version = mlflow.__version__
    page_asks = "30 s"

    def __init__(self, folder: Path) -> None:
        """Prepare a database in a folder."""
        self._folder = folder
        self._uri = f"sqlite:///{folder / 'mlflow.db'}"
        self._port = free_port()
        mlflow.set_tracking_uri(self._uri)
        mlflow.create_experiment("bench", artifact_location=(folder / "artifacts").as_uri())
        mlflow.set_experiment("bench")

    def begin(self, run: str) -> None:
        """Begin a run."""
        self._run = mlflow.start_run(run_name=run).info.run_id

    def log(self, step: int, losses: list[float]) -> None:
        """Log the step's metrics in one call, as its documentation does in a training loop."""
        mlflow.log_metrics(dict(zip(NAMES, losses, strict=True)), step=step)

    def end(self) -> None:
        """End the run."""
        mlflow.end_run()

    @contextlib.contextmanager
    def serve(self) -> Iterator[None]:
        """Run its server."""
        command = [sys.executable, "-m", "mlflow", "server", "--backend-store-uri", self._uri]
        # One worker: of its four, those that a busy machine keeps from answering are shot.
        command += ["--host", "127.0.0.1", "--port", str(self._port), "--workers", "1"]
        log = self._folder / "server.log"
        with server(command, port=self._port, path="/health", log=log):
            yield

    def chart(self) -> Chart:
        """Fetch the metrics' sampled histories, one request each, as its charts do."""
        answers = {name: self._history(name) for name in NAMES}
        points = json.loads(answers[SPIKED].body).get("metrics", [])
        return Chart(
            seconds=sum(answer.seconds for answer in answers.values()),
            size_bytes=sum(answer.size_bytes for answer in answers.values()),
            points=len(points),
            highest=max((point["value"] for point in points), default=0.0),
            last_step=self._last(points),
        )

    def newest_step(self) -> int:
        """Ask for one metric only."""
        return self._last(json.loads(self._history(SPIKED).body).get("metrics", []))

    def _history(self, name: str) -> Answer:
        query = {"run_ids": self._run, "metric_key": name, "max_results": CHART_POINTS}
        return ask(self._port, f"{INTERVAL}?{urlencode(query)}")

    def _last(self, points: list[dict[str, int]]) -> int:
        return max((int(point["step"]) for point in points), default=0)


class BatchedMLflow(MLflow):
    """Keeps points back until a call is full: its fastest way to write, and late to show."""

    def begin(self, run: str) -> None:
        """Begin a run with nothing kept back."""
        super().begin(run)
        self._client = mlflow.MlflowClient()
        self._kept: list[Metric] = []

    def log(self, step: int, losses: list[float]) -> None:
        """Keep the step; write when there is enough of them."""
        now = int(time.time() * 1000)
        self._kept += [
            Metric(name, loss, now, step) for name, loss in zip(NAMES, losses, strict=True)
        ]
        if len(self._kept) >= BATCH_POINTS:
            self._write()

    def end(self) -> None:
        """Write what is left."""
        self._write()
        super().end()

    def _write(self) -> None:
        self._client.log_batch(self._run, metrics=self._kept)
        self._kept = []


@contextlib.contextmanager
def mlflow_made(folder: Path) -> Iterator[Tracker]:
    """Yield MLflow; it needs nothing before it is served."""
    yield MLflow(folder)


@contextlib.contextmanager
def batched_mlflow_made(folder: Path) -> Iterator[Tracker]:
    """Yield MLflow in batches."""
    yield BatchedMLflow(folder)


if __name__ == "__main__":
    is_batched = "--batched" in sys.argv
    if is_batched:
        sys.argv.remove("--batched")
    trial_run(batched_mlflow_made if is_batched else mlflow_made)
