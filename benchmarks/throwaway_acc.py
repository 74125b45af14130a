"""A whole ACC of its own, run as an operator runs it and driven over HTTP only."""

import contextlib
import json
import os
import secrets
import socket
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from trainer.processes.children import child_start, log_tail

ROOT = Path(__file__).resolve().parent.parent
START_SECONDS = 180.0
STOP_SECONDS = 60.0
# Straight to our own server, whatever proxy the environment names.
_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


@dataclass(frozen=True)
class Acc:
    """A running system."""

    address: str
    token: str
    pid: int
    tasks: Path  # a directory of task files, empty at first

    def call(self, path: str, body: dict[str, Any] | None = None) -> Any:
        """GET a path, or POST a body to it; return the answer.

        Raises:
            RuntimeError: the system refuses; in its words.
        """
        request = urllib.request.Request(  # our own http address
            f"http://{self.address}{path}",
            data=None if body is None else json.dumps(body).encode(),
            headers={
                "Authorization": f"Bearer {self.token}",
                "Content-Type": "application/json",
            },
        )
        try:
            with _OPENER.open(request, timeout=120) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            raise RuntimeError(f"{path}: {error.code} {error.read().decode()}") from error

    def live_url(self, experiment: str) -> str:
        """Return the address of an experiment's live messages."""
        return f"ws://{self.address}/ws/live/?experiment={experiment}&token={self.token}"


@contextlib.contextmanager
def throwaway_acc() -> Iterator[Acc]:
    """Run `manage.py up` in a home that is removed afterwards; give it once it can be used."""
    with tempfile.TemporaryDirectory(prefix="acc-bench-", ignore_cleanup_errors=True) as home:
        address, token = f"127.0.0.1:{_free_port()}", secrets.token_urlsafe()
        log, tasks = Path(home) / "up.log", Path(home) / "tasks"
        tasks.mkdir()
        process = child_start(
            [sys.executable, str(ROOT / "manage.py"), "up"],
            env=_environment(home=home, address=address, token=token, tasks=tasks),
            cwd=ROOT,
            log=log,
        )
        acc = Acc(address, token, process.pid, tasks)
        try:
            _wait_until_online(acc, log)
            yield acc
        finally:
            process.terminate()
            process.wait(timeout=STOP_SECONDS)


def _environment(*, home: str, address: str, token: str, tasks: Path) -> dict[str, str]:
    """Return this process's surroundings without what may point to a real system."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("ACC_") and name not in {"DATABASE_URL", "REDIS_URL"}
    }
    ours = {
        "ACC_HOME": home,
        "ACC_PORT": address.rpartition(":")[2],
        "ACC_API_TOKEN": token,
        "ACC_TASK_DIRS": str(tasks),
        "ACC_DEMO": "0",
    }
    return {**kept, **ours}


def _wait_until_online(acc: Acc, log: Path) -> None:
    give_up_at = time.monotonic() + START_SECONDS
    while time.monotonic() < give_up_at:
        with contextlib.suppress(OSError, RuntimeError):
            if acc.call("/health")["trainer"] == "online":
                return
        time.sleep(0.2)
    raise RuntimeError(f"ACC did not start; its output ends with: {log_tail(log)}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
