"""Small programs that the tests run as children."""

import os
import sys
import time

import psutil

# Says its process id, then waits for a signal.
WAITS = "import os, signal; print(os.getpid(), flush=True); signal.pause()"
# Ends at SIGTERM only after writing that it was asked.
SAYS_GOODBYE = """
import signal, sys, time
def end(*_):
    open(sys.argv[1], "a").write(sys.argv[2] + " ")
    sys.exit()
signal.signal(signal.SIGTERM, end)
print("ready", flush=True)
while True: signal.pause()
"""
# Hears SIGTERM and goes on.
STUBBORN = """
import signal
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("ready", flush=True)
while True: signal.pause()
"""


def python(code, *arguments):
    """Return the command line of a Python program."""
    return [sys.executable, "-c", code, *arguments]


def is_running(pid):
    """Return whether a process exists and is no zombie."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def first_line(path, seconds=10.0):
    """Return the first line that a program writes to its log."""
    give_up_at = time.monotonic() + seconds
    while time.monotonic() < give_up_at:
        if path.exists() and (text := path.read_text()).endswith("\n"):
            return text.splitlines()[0]
        os.sched_yield()
    raise TimeoutError(path)
