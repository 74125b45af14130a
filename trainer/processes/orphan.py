"""Ends a process that outlives its parent, with all that it forked: nobody else is left to."""

import os
import signal
import threading
import time

LOOK_SECONDS = 0.5
# Longer than a worker that is told to stop gets from a parent that lives.
ORPHAN_SECONDS = 25.0


def end_as_orphan(*, after_seconds: float = ORPHAN_SECONDS) -> None:
    """Watch the parent on a thread; where it is gone, end this process group after so long.

    The kernel's SIGTERM comes at once; this is for who hangs on the way out. Whoever calls it leads
    a process group of its own.
    """
    parent = os.getppid()

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(LOOK_SECONDS)
        time.sleep(after_seconds)
        os.killpg(os.getpgrp(), signal.SIGKILL)

    threading.Thread(target=watch, name="orphan-watch", daemon=True).start()
