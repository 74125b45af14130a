"""A throw-away ACC: started as an operator starts it, restarted, and gone afterwards."""

from __future__ import annotations

import contextlib
import os
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from acc.verification.client import Client, RefusedError

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 120.0
STOP_SECONDS = 60.0
LOOK_SECONDS = 0.1


class ThrowawaySystem:
    """`manage.py up` in a home of its own.

    Attributes:
        address: "http://host:port".
        tasks: a directory of task files, empty at first.
    """

    def __init__(self, home: Path) -> None:
        """Choose where everything lies; nothing runs yet."""
        self.tasks = home / "tasks"
        self.tasks.mkdir()
        self.token = secrets.token_urlsafe()
        port = _free_port()
        self.address = f"http://127.0.0.1:{port}"
        self._log = home / "up.log"
        self._environment = _own_environment() | {
            "ACC_HOME": str(home / "home"),
            "ACC_PORT": str(port),
            "ACC_API_TOKEN": self.token,
            "ACC_TASK_DIRS": str(self.tasks),
            "ACC_DEMO": "0",
        }
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start everything and wait until the trainer side is there.

        Raises:
            RuntimeError: it does not start; with the end of what it wrote.
        """
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, str(ROOT / "manage.py"), "up"],
                cwd=ROOT,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        client = Client(self.address, self.token, "")
        give_up_at = time.monotonic() + START_SECONDS
        while time.monotonic() < give_up_at and self._process.poll() is None:
            with contextlib.suppress(OSError, RefusedError):
                if client.get("/health")["trainer"] == "online":
                    return
            time.sleep(LOOK_SECONDS)
        raise RuntimeError(f"ACC does not start: {self._log.read_text()[-2000:]}")

    def stop(self) -> None:
        """Stop everything as Ctrl-C does; what does not stop in time is killed."""
        if self._process is None:
            return
        self._process.send_signal(signal.SIGINT)
        try:
            self._process.wait(timeout=STOP_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
        self._process = None


@contextlib.contextmanager
def throwaway_system() -> Iterator[ThrowawaySystem]:
    """Yield a running system; it and its files are gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="acc-m2-", ignore_cleanup_errors=True) as home:
        system = ThrowawaySystem(Path(home))
        try:
            system.start()
            yield system
        finally:
            system.stop()


def _own_environment() -> dict[str, str]:
    """Return this process's surroundings without what may point to a real system."""
    foreign = {"DATABASE_URL", "REDIS_URL", "DJANGO_SETTINGS_MODULE"}
    return {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("ACC_") and name not in foreign
    }


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
