"""A throw-away ACC of real processes, driven over HTTP, that a test may kill in any way."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterable
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import psutil

from acc.verification.ports import free_port
from tests.setup.waiting import wait_until
from trainer.processes.children import die_with_parent

ROOT = Path(__file__).resolve().parents[2]
TOKEN = "throw-away"

TASKS: tuple[dict[str, Any], ...] = (
    {"class_name": "ReconstructionTask", "name": "recon"},
    {"class_name": "KLDivergenceTask", "name": "kl", "weight": 0.001},
    {"class_name": "ClassificationTask", "name": "digit", "weight": 0.1, "latent_slice": "0:8"},
)


class System:
    """One ACC_HOME and the `manage.py up`, or another command, that runs on it."""

    def __init__(
        self,
        home: Path,
        *,
        command: tuple[str, ...] = ("manage.py", "up"),
        checkout: Path = ROOT,
        **environment: str,
    ) -> None:
        self.home = home
        self.port = free_port()
        self._command = command
        self._checkout = checkout
        self._log = home.parent / f"{home.name}.log"
        self._process: subprocess.Popen[bytes] | None = None
        self._environment = {
            **{key: value for key, value in os.environ.items() if not key.startswith("ACC_")},
            "ACC_HOME": str(home),
            "ACC_PORT": str(self.port),
            "ACC_API_TOKEN": TOKEN,
            "ACC_DEMO": "0",
            "ACC_CHECKPOINT_SECONDS": "1",
            # A starved worker is slow to renew it; one that is dead is seen at once.
            "ACC_LEASE_SECONDS": "30",
            **environment,
        }

    def start(self) -> None:
        """Run the command and wait until the trainer is online."""
        self.launch()
        try:
            wait_until(self.is_online, f"online; see {self._log}", seconds=600)
        except AssertionError:
            self.close()  # no fixture has it yet
            raise

    def launch(self, **environment: str) -> None:
        """Run the command, with further environment variables."""
        self._environment |= environment
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, *self._command],
                cwd=self._checkout,
                env=self._environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=die_with_parent(os.getpid()),  # noqa: PLW1509  # kill -9 leaves nothing
            )

    def said(self, text: str) -> bool:
        """Return whether a text stands in what the command printed."""
        return text in self._log.read_text()

    def command(self, *arguments: str) -> str:
        """Return what another command prints that runs in the same surroundings."""
        return subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=self._checkout,
            env=self._environment,
            check=True,
            capture_output=True,
            text=True,
        ).stdout

    def is_online(self) -> bool:
        """Return whether the web side answers and the trainer side is there."""
        try:
            return bool(self.get("/health")["trainer"] == "online")
        except (OSError, ValueError):
            return False

    def interrupt(self) -> int:
        """Press Ctrl-C and return the exit code."""
        assert self._process is not None
        os.killpg(self._process.pid, signal.SIGINT)
        return self._process.wait(timeout=300)

    def kill_everything(self) -> None:
        """Kill -9 `up` and every process below it at once."""
        for process in self.processes():
            with suppress(psutil.NoSuchProcess):  # one that ended meanwhile
                process.kill()
        assert self._process is not None
        self._process.wait(timeout=60)

    def close(self) -> None:
        """Leave nothing behind, whatever state the system is in."""
        if self._process is not None and self._process.poll() is None:
            self.kill_everything()

    def processes(self) -> list[psutil.Process]:
        """Return `up` and all that it started."""
        assert self._process is not None
        try:
            parent = psutil.Process(self._process.pid)
            return [parent, *parent.children(recursive=True)]
        except psutil.NoSuchProcess:
            return []

    def workers(self, name: str) -> list[psutil.Process]:
        """Return the processes of the worker "train", "eval" or "recipe", its main one first."""
        found = []
        for process in self.processes():
            with suppress(psutil.Error):  # one that ended meanwhile
                if f"{name}@" in " ".join(process.cmdline()):
                    found.append(process)
        return found

    def process_of_job(self, job_id: int) -> psutil.Process:
        """Return the worker process that trains a job."""
        name = wait_until(lambda: self.job(job_id)["worker"], "a worker")
        return psutil.Process(int(name.rsplit(":", 2)[1]))

    def valkey(self) -> psutil.Process:
        """Return the embedded Valkey server, as soon as there is one."""

        def running() -> psutil.Process | None:
            for process in still_there(self.processes()):
                with suppress(psutil.Error):  # one that ended meanwhile
                    if "valkey-server" in process.name():
                        return process
            return None

        found: psutil.Process = wait_until(running, "a Valkey server")
        return found

    def get(self, path: str) -> Any:
        """Return the answer to a GET."""
        return self._call("GET", path, None)

    def post(self, path: str, body: dict[str, Any] | None = None) -> Any:
        """Return the answer to a POST."""
        return self._call("POST", path, body or {})

    def job(self, job_id: int) -> dict[str, Any]:
        """Return one job."""
        found: dict[str, Any] = self.get(f"/jobs/{job_id}")
        return found

    def experiment(self, slug: str) -> str:
        """Make a small experiment on digits with three tasks."""
        config = {"latent_dim": 8}
        self.post("/model/create", {"class_name": "ConvVAE", "config": config, "experiment": slug})
        self.post("/datasets/load_builtin", {"name": "digits", "image_size": 32})
        for task in TASKS:
            self.post(f"/tasks/add?experiment={slug}", {**task, "dataset_name": "digits"})
        return slug

    def train(self, slug: str, *, steps: int, seed: int = 11, eval_every: int = 0) -> int:
        """Start a job and return its id."""
        asked = {"steps": steps, "seed": seed, "batch_size": 16, "eval_every": eval_every}
        return int(self.post(f"/train/start?experiment={slug}", asked)["id"])

    def suspend(self, process: psutil.Process) -> None:
        """Stop a process between two of its writes: SQLite has one lock, and it would keep it."""

        def stopped_without_the_lock() -> bool:
            process.suspend()
            # The signal stops one thread, which stops the others once it has a processor.
            wait_until(lambda: _threads_stand_still(process), f"{process.pid} is stopped")
            with closing(sqlite3.connect(self.home / "acc.sqlite3", timeout=1)) as database:
                try:
                    database.execute("BEGIN IMMEDIATE")
                except sqlite3.OperationalError:
                    process.resume()
                    return False
            return True

        wait_until(stopped_without_the_lock, f"process {process.pid} stands still")

    def wait_for_class(self, registry: str, class_name: str) -> None:
        """Wait until a class is on offer."""
        wait_until(
            lambda: any(
                row["class_name"] == class_name for row in self.get(f"/registry/{registry}")
            ),
            f"{class_name} on offer",
        )

    def wait_for_step(self, job_id: int, step: int, *, seconds: float = 300) -> dict[str, Any]:
        """Wait until a job has done a step."""
        return wait_until(
            lambda: (job := self.job(job_id))["current_step"] >= step and job,
            f"step {step} of job {job_id}",
            seconds=seconds,
        )

    def wait_for_end(self, job_id: int, *, seconds: float = 300) -> dict[str, Any]:
        """Wait until a job is at its end."""
        ends = {"completed", "stopped", "failed"}
        return wait_until(
            lambda: (job := self.job(job_id))["state"] in ends and job,
            f"end of job {job_id}",
            seconds=seconds,
        )

    def events(self, job_id: int) -> list[str]:
        """Return the kinds of a job's events, in order."""
        return [event["kind"] for event in self.get(f"/jobs/{job_id}/events")]

    def curve(self, job_id: int) -> list[tuple[Any, ...]]:
        """Return every stored point of a job."""
        return [
            (point["step"], point["task_name"], point["task_loss"], point["total_loss"])
            for point in self.get(f"/jobs/{job_id}/loss_history")
        ]

    def answer(self, method: str, path: str, body: dict[str, Any] | None = None) -> tuple[int, Any]:
        """Return the status and the body of whatever is answered."""
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"},
        )
        try:
            with urllib.request.urlopen(request, timeout=300) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            return error.code, json.load(error)

    def _call(self, method: str, path: str, body: dict[str, Any] | None) -> Any:
        status, answer = self.answer(method, path, body)
        assert status == 200, f"{method} {path}: {status} {answer}"
        return answer


def still_there(processes: Iterable[psutil.Process]) -> list[psutil.Process]:
    """Return those that have not ended; an orphan that has may wait for its burial."""
    found = []
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            if process.is_running() and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
    return found


def _threads_stand_still(process: psutil.Process) -> bool:
    stats = Path(f"/proc/{process.pid}/task").glob("*/stat")
    try:
        return all(stat.read_text().rpartition(") ")[2].startswith("T") for stat in stats)
    except (FileNotFoundError, ProcessLookupError):  # of one that ended meanwhile
        return False
