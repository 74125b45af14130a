"""Starts child processes that end when their parent does, even when it is killed with -9."""

import ctypes
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

_PR_SET_PDEATHSIG = 1
# Loaded before any fork: a child between fork and exec must not import.
_LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None
LOG_LIMIT_BYTES = 10_000_000


def child_start(
    argv: Sequence[str],
    *,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    log: Path | None = None,
    capture: bool = False,
    pass_fds: Sequence[int] = (),
    death_signal: signal.Signals = signal.SIGTERM,
) -> subprocess.Popen[bytes]:
    """Start a program in its own process group; its output goes to the end of a log file.

    With `capture` its standard output is a pipe instead, for who starts it to read. It gets
    `death_signal` when its parent dies.
    Call it from the main thread: the kernel ties the death signal to the thread that
    forked. The own group keeps the terminal's Ctrl-C from the child, so that the
    parent alone decides who stops when.
    """
    if _LIBC is None:
        argv = [sys.executable, "-m", "trainer.processes.guard", *argv]
    output = _open_log(log) if log else subprocess.DEVNULL
    try:
        return subprocess.Popen(
            argv,
            env=env,
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE if capture else output,
            stderr=output,
            pass_fds=pass_fds,
            process_group=0,
            preexec_fn=die_with_parent(os.getpid(), death_signal),  # noqa: PLW1509  # for prctl
        )
    finally:
        if log:
            os.close(output)


def die_with_parent(
    parent: int, death_signal: signal.Signals = signal.SIGTERM
) -> Callable[[], None]:
    """Return what a child calls first of all to get a signal when its parent dies."""

    def ask() -> None:
        if _LIBC is None:
            return
        _LIBC.prctl(_PR_SET_PDEATHSIG, death_signal)
        if os.getppid() != parent:  # it died between fork and prctl: no signal would come
            os._exit(1)

    return ask


def log_tail(log: Path) -> str:
    """Return the last line that says something, "" where the log is empty or missing."""
    try:
        with log.open("rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - 4000))
            lines = file.read().decode(errors="replace").splitlines()
    except OSError:
        return ""
    return next((line.strip() for line in reversed(lines) if line.strip()), "")


def log_bound(log: Path) -> None:
    """Begin a log anew that has grown long, and keep what it held as one older file.

    It is emptied and not replaced: its process goes on to append to it. A line that is written just
    then may be lost, and all of it on a full disk.
    """
    older = log.with_name(f"{log.name}.1")
    with suppress(OSError):  # of logs, nothing is worth more than what runs
        if log.stat().st_size <= LOG_LIMIT_BYTES:
            return
        older.unlink(missing_ok=True)
        try:
            shutil.copy(log, older)
        except OSError:
            older.unlink(missing_ok=True)
        os.truncate(log, 0)


def _open_log(log: Path) -> int:
    log.parent.mkdir(parents=True, exist_ok=True)
    log_bound(log)
    return os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
