"""Lets one trainer side at a time use a data directory."""

import fcntl
import json
import os
import sys
import time
from pathlib import Path

# After a kill -9 the children need a moment to follow their parent; they hold the lock till then.
# On a slow machine that may be half a minute.
ORPHANS_SECONDS = 60.0


class AlreadyRunning(Exception):
    """Another process uses this data directory."""


class HomeLock:
    """A lock on the data directory that the kernel releases when its last holder is gone.

    `fd` may be handed to children: a new system then waits until they are gone as well.
    """

    def __init__(self, home: Path) -> None:
        self._path = home / "acc.lock"
        self.fd = -1

    def acquire(self, *, url: str) -> None:
        """Take the lock and leave our process id and URL in it.

        Raises:
            AlreadyRunning: a living process has it.
        """
        self.fd = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        give_up_at = time.monotonic() + ORPHANS_SECONDS
        while not self._try():
            holder = self._holder()
            if _is_alive(holder.get("pid")) or time.monotonic() > give_up_at:
                os.close(self.fd)
                raise AlreadyRunning(_sentence(holder))
            time.sleep(0.1)
        os.ftruncate(self.fd, 0)
        os.pwrite(self.fd, json.dumps({"pid": os.getpid(), "url": url}).encode(), 0)

    def release(self) -> None:
        """Give the lock back."""
        os.close(self.fd)

    def _try(self) -> bool:
        try:
            fcntl.flock(self.fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def _holder(self) -> dict[str, object]:
        try:
            found = json.loads(os.pread(self.fd, 1000, 0) or b"{}")
        except ValueError:
            return {}
        return found if isinstance(found, dict) else {}


def _is_alive(pid: object) -> bool:
    if not isinstance(pid, int):
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _sentence(holder: dict[str, object]) -> str:
    about = ", ".join(str(part) for part in (_pid(holder), holder.get("url")) if part)
    return (
        f"ACC is already running on this ACC_HOME ({about or 'another process holds its lock'}). "
        f"A new sign-in link is printed by: {sys.executable} manage.py signinlink"
    )


def _pid(holder: dict[str, object]) -> str:
    return f"pid {holder['pid']}" if "pid" in holder else ""
