"""Tells the running job that its worker is asked to end, so that it can save and leave."""

import mmap
from typing import Any

from celery.signals import worker_shutting_down

# Anonymous and shared: made in the worker's main process before it forks, seen by its children.
# Not in Redis, which may be stopping at the same moment.
_flag = mmap.mmap(-1, 1)


def stop_requested() -> bool:
    """Return whether the worker is shutting down; cheap enough for every step."""
    return _flag[0] != 0


@worker_shutting_down.connect
def request_stop(**_: Any) -> None:
    """Set the flag for this process and every child forked from it."""
    _flag[0] = 1
