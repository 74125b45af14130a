"""Faults of what the processes share: the database, Valkey, and the cables to them."""

import contextlib
import os
import signal
import sqlite3
import time
from collections.abc import Iterator

import psycopg
from redis.exceptions import RedisError

from tests.faults.harness.faults import NOT_DONE, fault
from tests.faults.harness.network import SERVICES
from tests.faults.harness.site import LEASE_SECONDS, Site

SQLITE, POSTGRES = ("sqlite",), ("postgres",)
PAST_LEASE = 2.5 * LEASE_SECONDS


@fault("flush-valkey", "FLUSHALL: queues, bells and what is on its way are gone")
def flush_valkey(site: Site, pick: float, seconds: float) -> Iterator[str]:
    told = "flushed"
    try:
        with site.redis() as client:
            client.flushall()
    except RedisError as error:
        told = f"{NOT_DONE}: {error}"
    yield told


# Past the 20 s for which SQLite's connections wait.
@fault(
    "lock-database",
    "another connection holds SQLite's write lock, up to past the 20 s of its patience",
    seconds=(2.0, 24.0),
    flavours=SQLITE,
)
def lock_database(site: Site, pick: float, seconds: float) -> Iterator[str]:
    with contextlib.closing(
        sqlite3.connect(site.database, timeout=30, isolation_level=None)
    ) as connection:
        connection.execute("BEGIN IMMEDIATE")
        try:
            yield "locked"
        finally:
            connection.execute("ROLLBACK")


@fault("restart-postgres", "PostgreSQL ends in fast mode and comes back", flavours=POSTGRES)
def restart_postgres(site: Site, pick: float, seconds: float) -> Iterator[str]:
    assert site.postgres is not None
    site.postgres.restart(signal.SIGINT, pause=6 * pick)
    yield f"away for {6 * pick:.1f} s"


@fault("crash-postgres", "PostgreSQL ends in immediate mode and recovers", flavours=POSTGRES)
def crash_postgres(site: Site, pick: float, seconds: float) -> Iterator[str]:
    assert site.postgres is not None
    site.postgres.restart(signal.SIGQUIT, pause=6 * pick)
    yield f"away for {6 * pick:.1f} s"


@fault("end-backends", "half of PostgreSQL's connections are ended", flavours=POSTGRES)
def end_backends(site: Site, pick: float, seconds: float) -> Iterator[str]:
    assert site.postgres is not None
    with psycopg.connect(site.postgres.socket_url, autocommit=True) as connection:
        ended = connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE pid <> pg_backend_pid() AND backend_type = 'client backend' "
            "AND pid %% 2 = %s",
            (int(pick * 2),),
        ).fetchall()
    yield f"{len(ended)} ended"


@fault(
    "kill-backend",
    "kill -9 of one of PostgreSQL's backends, at which it ends all and recovers",
    flavours=POSTGRES,
)
def kill_backend(site: Site, pick: float, seconds: float) -> Iterator[str]:
    assert site.postgres is not None
    found = site.rows(
        "SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend' ORDER BY pid"
    )
    pid = found[int(pick * len(found))]["pid"]
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
    yield f"pid {pid}"


@fault("restart-valkey", "kill -9 of Valkey, started again empty", flavours=POSTGRES)
def restart_valkey(site: Site, pick: float, seconds: float) -> Iterator[str]:
    assert site.valkey is not None
    site.valkey.stop(signal.SIGKILL)
    time.sleep(6 * pick)
    site.valkey.start()
    yield f"away for {6 * pick:.1f} s"


@fault("hang-valkey", "SIGSTOP of Valkey", seconds=(1.0, 12.0), flavours=POSTGRES)
def hang_valkey(site: Site, pick: float, seconds: float) -> Iterator[str]:
    assert site.valkey is not None
    site.valkey.send(signal.SIGSTOP)
    try:
        yield "stopped"
    finally:
        site.valkey.send(signal.SIGCONT)


def _cut(kind: str, what: str, services: tuple[str, ...]) -> None:
    @fault(kind, what, seconds=(1.0, PAST_LEASE), flavours=POSTGRES, need="network")
    def inject(site: Site, pick: float, seconds: float) -> Iterator[str]:
        assert site.network is not None
        name = site.trainers[int(pick * len(site.trainers))]
        try:
            for service in services:
                site.network.cut(name, service)
            yield f"of {name}"
        finally:
            for service in services:
                site.network.mend(name, service)


_cut("cut-valkey", "the cable between a trainer side and Valkey is cut", ("valkey",))
_cut("cut-postgres", "the cable between a trainer side and PostgreSQL is cut", ("postgres",))
_cut("cut-both", "a trainer side is cut off from both", SERVICES)
