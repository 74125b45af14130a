"""ACC's side: the ring that a step writes to, the recorder, the web side, a live client."""

import contextlib
import gzip
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any
from urllib.parse import quote

from benchmarks.own_site import ROOT, WebSide, django_begin, job_make, messages_served, web_side
from benchmarks.trackers.curves import NAMES, SPIKED
from benchmarks.trackers.trial import Chart, Tracker, trial_run

# What a page 1,280 pixels wide asks for (curves.js: maxPoints).
MAX_POINTS = 2400
GZIP = b"\x1f\x8b"


class Acc(Tracker):
    """What a job's process has of ACC, without the model: the losses come as tensors."""

    version = "this checkout"
    page_asks = "is told"

    def __init__(self, web: WebSide) -> None:
        """Use the database of this process, which the web side reads."""
        from acc.training.loss_ring import Layout

        self._web = web
        self._follower: IO[str] | None = None
        self._clients: contextlib.ExitStack | None = None
        self._layout = Layout(NAMES, (1.0,) * len(NAMES))

    def begin(self, run: str) -> None:
        """Begin a job with its recorder."""
        import torch

        from acc.training.loss_ring import LossRing
        from trainer.worker.progress import Progress
        from trainer.worker.recorder import Recorder
        from trainer.worker.summary import Summaries

        self._job = job_make(run, steps=10_000_000)
        self._settle()
        self._ring = LossRing(torch.device("cpu"))
        progress = Progress(label="", total_steps=10_000_000, first_step=0, seconds_before=0)
        self._recorder = Recorder(
            job=self._job, ring=self._ring, summaries=Summaries(), progress=progress
        )
        if self._clients is not None:
            self._follower = self._clients.enter_context(self._follow(run))
        self._recorder.start()

    def rows(self, losses_ST: Any) -> Iterator[Any]:
        """Yield a step's losses, total and barrenness as the tensors that a training step has."""
        import torch

        for row in torch.from_numpy(losses_ST):
            yield list(row.unbind()), row.sum(), torch.zeros(())

    def log(self, step: int, losses: Any) -> None:
        """Leave the step in the ring, as `Trainer.step` does."""
        series, total, barren = losses
        self._ring.put(step, self._layout, series, total, barren=barren)

    def end(self) -> None:
        """Wait for the recorder."""
        self._recorder.end()
        self._settle()

    def _settle(self) -> None:
        """Have SQLite move all that was written into its file, whose size then counts."""
        from django.db import connection

        with connection.cursor() as cursor:
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    @contextlib.contextmanager
    def serve(self) -> Iterator[None]:
        """Have runs that begin from now on followed as a page follows them."""
        with contextlib.ExitStack() as self._clients:
            yield

    def chart(self) -> Chart:
        """Fetch the job's curves as the page does."""
        path = f"/jobs/{self._job.pk}/loss_history?max_points={MAX_POINTS}&bands=true"
        seconds, body = self._web.get(path)
        told = json.loads(gzip.decompress(body) if body.startswith(GZIP) else body)
        band = told["bands"][SPIKED]
        return Chart(
            seconds=seconds,
            size_bytes=len(body),
            points=len(band["last_step"]),
            highest=max(band["high"], default=0.0),
            last_step=max(band["last_step"], default=0),
        )

    def newest_step(self) -> int:
        """Wait for the next message over the WebSocket, if the run is followed."""
        if self._follower is None:
            return super().newest_step()
        return int(self._follower.readline())

    @contextlib.contextmanager
    def _follow(self, run: str) -> Iterator[IO[str]]:
        """Yield the lines of a page: a process of its own, since a browser is one."""
        url = f"ws://127.0.0.1:{self._web.port}/ws/live/?experiment={run}"
        command = [sys.executable, "-m", "benchmarks.trackers.follow"]
        command.append(f"{url}&token={quote(self._web.token)}")
        with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as page:
            try:
                assert page.stdout is not None
                if not page.stdout.readline():
                    raise RuntimeError("the page could not connect")
                yield page.stdout
            finally:
                page.kill()


@contextlib.contextmanager
def acc_made(folder: Path) -> Iterator[Tracker]:
    """Yield ACC with its database, its messages and its web side in a folder."""
    django_begin(folder)
    with messages_served(folder), web_side(folder) as web:
        yield Acc(web)


if __name__ == "__main__":
    trial_run(acc_made)
