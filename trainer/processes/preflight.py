"""Looks, before anything starts, whether it can: one clear sentence instead of a traceback."""

import errno
import ipaddress
import socket
import tempfile
from collections.abc import Sequence
from pathlib import Path

from django.db import connection
from django.db.utils import Error as DatabaseError
from redis.exceptions import RedisError

from trainer.redis_client import redis_client
from trainer.services.access import password_is_set

WILDCARDS = ("0.0.0.0", "::")  # noqa: S104  # compared, not bound


class PreflightRefused(Exception):
    """ACC cannot start here; the text says what is wrong and what would be right."""


def check_home(home: Path) -> None:
    """Refuse a data directory in which nothing can be written."""
    try:
        with tempfile.TemporaryFile(dir=home):
            pass
    except OSError as error:
        raise PreflightRefused(
            f"ACC_HOME {home} cannot be written ({error.strerror}); "
            "name another directory in ACC_HOME."
        ) from None


def check_task_dirs(directories: Sequence[Path]) -> None:
    """Refuse a directory of task files that cannot be listed: its tasks would just be missing."""
    for directory in directories:
        try:
            next(directory.iterdir(), None)
        except OSError as error:
            raise PreflightRefused(
                f"ACC_TASK_DIRS names {directory}, which cannot be read as a directory "
                f"({error.strerror})."
            ) from None


def check_database() -> None:
    """Refuse a database that does not answer."""
    try:
        connection.ensure_connection()
    except DatabaseError as error:
        settings = connection.settings_dict
        place = f"{settings['HOST']}:{settings['PORT']}/" if settings["HOST"] else ""
        raise PreflightRefused(
            f"The database {place}{settings['NAME']} cannot be reached ({_first_line(error)}); "
            "look at DATABASE_URL."
        ) from None
    finally:
        connection.close()


def check_redis(url: str) -> None:
    """Refuse a Redis that does not answer."""
    client = redis_client(url, seconds=3)
    try:
        client.ping()
    except (RedisError, OSError) as error:
        raise PreflightRefused(
            f"Redis at {_without_password(url)} cannot be reached ({_first_line(error)}); "
            "start it, or unset REDIS_URL to use the Valkey that comes with ACC."
        ) from None
    finally:
        client.close()


def check_port(host: str, port: int) -> None:
    """Refuse a port that another program has, or an address that is not ours."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise PreflightRefused(_port_sentence(host, port, error)) from None


def check_exposure(host: str, allowed_hosts: Sequence[str]) -> None:
    """Refuse to be reached from other machines before somebody has a password and hosts are named.

    Needs the tables.
    """
    if _is_loopback(host):
        return
    begin = f"ACC_HOST={host} lets other machines reach ACC, and "
    if not password_is_set():
        raise PreflightRefused(
            begin + "no administrator has a password yet; set one with "
            "'manage.py changepassword operator', or leave ACC_HOST unset."
        )
    if host in WILDCARDS and not allowed_hosts:
        raise PreflightRefused(
            begin + "the names by which they do are not known; list them in ACC_ALLOWED_HOSTS, "
            "such as ACC_ALLOWED_HOSTS=acc.example.org,192.0.2.7."
        )


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


def _port_sentence(host: str, port: int, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"Port {port} on {host} is in use; set ACC_PORT to a free one."
    if error.errno == errno.EACCES:
        return f"Port {port} is not open to this user; set ACC_PORT to 1024 or more."
    return f"{host} is no address of this machine ({error.strerror}); look at ACC_HOST."


def _first_line(error: BaseException) -> str:
    return next(iter(str(error).strip().splitlines()), type(error).__name__)


def _without_password(url: str) -> str:
    """Return an address without what stands before the @ or after the ?: either may hold it."""
    scheme, _, rest = url.partition("?")[0].partition("://")
    return f"{scheme}://{rest.rpartition('@')[2]}"
