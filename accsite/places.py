"""What a system finds on its machine: where its own files lie, and how many cores there are."""

import contextlib
import hashlib
import os
from pathlib import Path

from trainer.secret_file import secret_file

# The kernel refuses unix socket paths of 108 bytes and more; a margin for temporary names.
SOCKET_PATH_LIMIT = 100


def home_create(home: Path) -> None:
    """Create the data directory, and have all that ACC writes be its owner's alone."""
    os.umask(0o077)
    # A database that an earlier ACC made, open to others: it has what people are and did.
    for name in ("acc.sqlite3", "acc.sqlite3-wal", "acc.sqlite3-shm"):
        with contextlib.suppress(OSError):  # there is none, or it is not ours to close
            (home / name).chmod(0o600)
    try:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        message = f"ACC cannot start: ACC_HOME {home} cannot be created: {error.strerror}."
        raise SystemExit(message) from None


def home_digest(home: Path) -> str:
    """Return eight characters that tell this data directory from others."""
    return hashlib.sha256(os.fsencode(home)).hexdigest()[:8]


def valkey_socket(home: Path) -> Path:
    """Return the embedded Valkey's socket: in the data directory unless that path is too long.

    The short place depends on the data directory and the user only, never on
    variables such as TMPDIR: the web and the trainer side, started from different
    sessions, must find the same socket.
    """
    path = home / "valkey.sock"
    if len(os.fsencode(path)) <= SOCKET_PATH_LIMIT:
        return path
    return Path(f"/tmp/acc-{os.getuid()}/{home_digest(home)}.sock")  # noqa: S108  # checked on use


def secret_key(home: Path) -> str:
    """Return the site's secret key, made at the first start."""
    path = home / "secret-key"
    try:
        key = secret_file(path)
    except OSError as error:
        message = f"ACC cannot start: {path} cannot be used: {error.strerror}."
        raise SystemExit(message) from None
    if not key:
        raise SystemExit(f"ACC cannot start: {path} is empty; delete it to get a new key.")
    return key


def cpu_count() -> int:
    """Return how many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
