"""A whole ACC on this machine, in one of two flavours, that is kept up while faults come."""

import contextlib
import os
import secrets
import sqlite3
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
from psycopg.rows import dict_row
from redis import Redis

from acc.verification.ports import free_port
from tests.faults.harness.clock import Clock
from tests.faults.harness.http import Caller
from tests.faults.harness.network import SERVICES, Network, network
from tests.faults.harness.place import home_make
from tests.faults.harness.services import Postgres, Valkey, running
from tests.faults.harness.tree import Tree, end_processes, processes_on

LEASE_SECONDS = 6
# A machine that others use as well may take minutes to import torch.
ONLINE_SECONDS = 600.0
TRAINERS = {"first": "train,eval,recipe", "second": "train"}


@dataclass
class Site:
    """The processes, the services and the files of a run.

    Attributes:
        trees: by name; each is started again where it ended.
        trainers: the names of those that train.
        clock: that of its processes, None where it cannot be set.
    """

    flavour: str
    place: Path
    caller: Caller
    trees: dict[str, Tree] = field(default_factory=dict)
    trainers: tuple[str, ...] = ()
    own_disk: bool = False
    clock: Clock | None = None
    network: Network | None = None
    postgres: Postgres | None = None
    valkey: Valkey | None = None

    @property
    def homes(self) -> list[Path]:
        """The data directories, each with its own files."""
        return list(dict.fromkeys(tree.home for tree in self.trees.values()))

    @property
    def database(self) -> Path:
        """SQLite's file."""
        return self.trees["up"].home / "acc.sqlite3"

    def redis(self) -> Redis:
        """Return a client of the Valkey in use."""
        socket = self.valkey.socket if self.valkey else self.trees["up"].home / "valkey.sock"
        return Redis(unix_socket_path=str(socket), socket_timeout=5)

    def rows(self, statement: str) -> list[dict[str, Any]]:
        """Return what the database says, without ACC's own code."""
        if self.postgres is not None:
            with psycopg.connect(self.postgres.socket_url, row_factory=dict_row) as found:
                return found.execute(statement).fetchall()
        with contextlib.closing(sqlite3.connect(self.database, timeout=30)) as connection:
            connection.row_factory = sqlite3.Row
            return [dict(row) for row in connection.execute(statement)]

    def is_online(self) -> bool:
        """Return whether the web side answers and a trainer side is there."""
        health = self.caller.get("/health")
        return bool(health and health["trainer"] == "online")

    def keep_up(self) -> bool:
        """Start what ended and wait until the site is online; return whether it came so far."""
        give_up_at = time.monotonic() + ONLINE_SECONDS
        while time.monotonic() < give_up_at:
            for tree in self.trees.values():
                if not tree.is_up:
                    tree.launch()
                    time.sleep(1)  # one that cannot start is not tried a hundred times
            if self.is_online():
                return True
            time.sleep(0.3)
        return False

    def stop(self) -> dict[str, int | None]:
        """Press Ctrl-C everywhere, trainer sides first; return the exit codes."""
        return {name: tree.interrupt() for name, tree in self.trees.items()}

    def close(self) -> None:
        """Leave no process, whatever state they are in."""
        for tree in self.trees.values():
            tree.kill()
        end_processes(processes_on(self.homes))


@contextlib.contextmanager
def site(flavour: str, place: Path, left_out: Callable[[str], bool]) -> Iterator[Site]:
    """Give a site that is set up and not yet started; nothing of it is left afterwards.

    Args:
        left_out: says whether a need is not met, or not wanted.
    """
    token = secrets.token_urlsafe()
    own_disk = not left_out("disk")
    made = Site(flavour, place, Caller(free_port(), token), own_disk=own_disk)
    with contextlib.ExitStack() as stack:
        environment = _environment(made)
        if not left_out("clock"):
            made.clock = Clock(place)
            environment |= made.clock.environment
        tasks = place / "tasks"
        tasks.mkdir()
        environment["ACC_TASK_DIRS"] = str(tasks)
        stack.callback(made.close)
        if flavour == "sqlite":
            home = home_make(place / "up", own_disk=own_disk)
            argv = ["manage.py", "up"]
            made.trees["up"] = _tree(made, home, argv, environment=environment, inside=[])
            made.trainers = ("up",)
        else:
            _shared(made, stack, environment, left_out)
        yield made


def _shared(
    made: Site,
    stack: contextlib.ExitStack,
    environment: dict[str, str],
    left_out: Callable[[str], bool],
) -> None:
    """Two trainer sides and a web side that share a PostgreSQL, a Valkey and no file."""
    inside: list[str] = []
    if not left_out("network"):
        made.network = stack.enter_context(network(tuple(TRAINERS)))
        inside = made.network.inside("services")
    made.postgres = Postgres(made.place / "pg", inside)
    stack.enter_context(running(made.postgres))
    made.valkey = Valkey(made.place / "valkey", inside)
    stack.enter_context(running(made.valkey))
    for name, queues in TRAINERS.items():
        home = home_make(made.place / name, own_disk=made.own_disk)
        argv = ["manage.py", "runtrainer"]
        prefix = made.network.inside(name) if made.network else []
        own = environment | _over_tcp(made, name) | {"ACC_QUEUES": queues}
        made.trees[name] = _tree(made, home, argv, environment=own, inside=prefix)
    home = home_make(made.place / "web", own_disk=False)
    argv = ["-m", "daphne", "-v", "0", "-b", "127.0.0.1", "-p", str(made.caller.port)]
    own = environment | {
        "DATABASE_URL": made.postgres.socket_url,
        "REDIS_URL": f"unix://{made.valkey.socket}?db=0",
    }
    argv.append("accsite.asgi:application")
    made.trees["web"] = _tree(made, home, argv, environment=own, inside=[])
    made.trainers = tuple(TRAINERS)


def _over_tcp(made: Site, name: str) -> dict[str, str]:
    assert made.postgres is not None
    assert made.valkey is not None
    valkey, postgres = (
        made.network.address(name, service) if made.network else "127.0.0.1" for service in SERVICES
    )
    return {
        "DATABASE_URL": f"postgres://postgres@{postgres}:{made.postgres.port}/postgres",
        "REDIS_URL": f"redis://{valkey}:{made.valkey.port}/0",
    }


def _environment(made: Site) -> dict[str, str]:
    foreign = ("ACC_", "DATABASE_URL", "REDIS_URL", "DJANGO_")
    own = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
    return own | {
        "ACC_PORT": str(made.caller.port),
        "ACC_API_TOKEN": made.caller.token,
        "ACC_DEMO": "0",
        "ACC_CHECKPOINT_SECONDS": "3",
        "ACC_LEASE_SECONDS": str(LEASE_SECONDS),
        "ACC_EVAL_SECONDS": "60",
        "ACC_DISK_FREE_MB": "20",
        "ACC_THREADS": "1",
    }


def _tree(
    made: Site, home: Path, argv: list[str], *, environment: dict[str, str], inside: list[str]
) -> Tree:
    name = home.name
    return Tree(
        name=name,
        home=home,
        argv=[*inside, sys.executable, *argv],
        environment={**environment, "ACC_HOME": str(home)},
        log=made.place / f"{name}.log",
    )
