"""A throw-away ACC: started as an operator starts it, restarted, and gone afterwards."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from acc.verification.client import Client, RefusedError
from acc.verification.ports import free_port

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 300.0
STOP_SECONDS = 120.0
HURRY_SECONDS = 0.5
LOOK_SECONDS = 0.1


class ThrowawaySystem:
    """`manage.py up` in a home of its own.

    Attributes:
        address: "http://host:port".
        home: its ACC_HOME.
        tasks: a directory of task files, empty at first.
        token: of its API.
    """

    def __init__(self, home: Path) -> None:
        """Choose where everything lies; nothing runs yet."""
        self.home = home / "home"
        self.tasks = home / "tasks"
        self.tasks.mkdir()
        (home / "tmp").mkdir()
        self.token = secrets.token_urlsafe()
        port = free_port()
        self.address = f"http://127.0.0.1:{port}"
        self._log = home / "up.log"
        self._environment = _own_environment() | {
            "ACC_HOME": str(self.home),
            "ACC_PORT": str(port),
            "ACC_API_TOKEN": self.token,
            "ACC_TASK_DIRS": str(self.tasks),
            "ACC_DEMO": "0",
            "TMPDIR": str(home / "tmp"),  # gone with the home, though processes are killed
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
        client = self.client("")
        give_up_at = time.monotonic() + START_SECONDS
        while time.monotonic() < give_up_at and self._process.poll() is None:
            with contextlib.suppress(OSError, RefusedError):
                if client.get("/health")["trainer"] == "online":
                    return
            time.sleep(LOOK_SECONDS)
        raise RuntimeError(f"ACC does not start: {self._log.read_text()[-2000:]}")

    def client(self, experiment: str) -> Client:
        """Return a client whose calls act on an experiment; it need not exist yet."""
        return Client(self.address, self.token, experiment)

    def sign_in_link(self) -> str:
        """Return a new link that signs an operator in, once."""
        command = [sys.executable, str(ROOT / "manage.py"), "signinlink"]
        made = subprocess.run(
            command, cwd=ROOT, env=self._environment, capture_output=True, text=True, check=True
        )
        return made.stdout.strip()

    @property
    def pid(self) -> int:
        """The process that all others of the system come from."""
        if self._process is None:
            raise RuntimeError("the system does not run")
        return self._process.pid

    def stop(self, *, hurry: bool = False) -> None:
        """Stop everything as Ctrl-C does; what does not stop in time is killed.

        Args:
            hurry: as a second Ctrl-C does: nothing is waited for, and nothing saved.
        """
        if self._process is None:
            return
        self._process.send_signal(signal.SIGINT)
        if hurry:
            time.sleep(HURRY_SECONDS)  # else the two would be one
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
    home = Path(tempfile.mkdtemp(prefix="acc-try-"))
    system = ThrowawaySystem(home)
    try:
        system.start()
        yield system
    finally:
        system.stop(hurry=True)
        _remove(home)


def _remove(directory: Path) -> None:
    """Delete a directory, into which what the system's processes forked may write to the last."""
    give_up_at = time.monotonic() + STOP_SECONDS
    while directory.exists() and time.monotonic() < give_up_at:
        shutil.rmtree(directory, ignore_errors=True)
        time.sleep(LOOK_SECONDS)


def _own_environment() -> dict[str, str]:
    """Return this process's surroundings without what may point to a real system."""
    foreign = {"DATABASE_URL", "REDIS_URL", "DJANGO_SETTINGS_MODULE"}
    return {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("ACC_") and name not in foreign
    }
