"""Small programs that the tests run as children."""

import sys

import psutil

from tests.setup.waiting import wait_until

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


def first_line(path):
    """Return the first line that a program writes to its log."""

    def is_whole():
        return path.exists() and path.read_text().endswith("\n")

    wait_until(is_whole, f"a line in {path}")
    return path.read_text().splitlines()[0]
