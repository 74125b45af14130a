"""How log records look on the terminal: short lines, and only those that a person wants."""

import logging
import re
import sys
from typing import Any, TextIO

PROGRESS = "acc.progress"
# billiard's own word on a death, which Celery tells once more with the task that was lost.
DEATH_TOLD_TWICE = "Process %r pid:%r exited with %r"


def logging_config(*, process_name: str, terminal_fd: int) -> dict[str, Any]:
    """Return Django's LOGGING: the terminal hears progress and trouble, the log file hears all.

    Args:
        process_name: stands before each line on the terminal; "" for none.
        terminal_fd: the terminal, where the supervisor sends stderr to a log file; else 0.
    """
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "terminal": {"()": "accsite.logs.TerminalFormatter", "process_name": process_name},
            "log": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"},
        },
        "filters": {"terminal": {"()": "accsite.logs.TerminalFilter"}},
        "handlers": {
            "terminal": {
                "()": "accsite.logs.terminal_handler",
                "fd": terminal_fd,
                "formatter": "terminal",
                "filters": ["terminal"],
            },
            "log": {"class": "logging.StreamHandler", "formatter": "log"},
        },
        "root": {"handlers": ["terminal", "log"] if terminal_fd else ["terminal"], "level": "INFO"},
        "loggers": {
            # Without their own handlers: Django's print to the terminal what ours print already.
            "django": {"handlers": [], "level": "INFO", "propagate": True},
            "django.server": {"handlers": [], "level": "WARNING", "propagate": True},
            # A 404 or a refused form is an answer, not trouble of the server.
            "django.request": {"level": "ERROR"},
            # Nor is a host that is none of ours, however often a stranger asks for it.
            "django.security.DisallowedHost": {"level": "CRITICAL"},
        },
    }


class TerminalFilter(logging.Filter):
    """Let through the progress of training, warnings and errors; the log file has the rest."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Return whether the record is for the terminal."""
        if record.msg == DEATH_TOLD_TWICE:
            return False
        return record.levelno >= logging.WARNING or record.name.startswith(PROGRESS)


class TerminalFormatter(logging.Formatter):
    """One line a record: the process it came from, its level if that is trouble, its text."""

    def __init__(self, process_name: str = "") -> None:
        super().__init__()
        self._prefix = f"{process_name:>5} | " if process_name else ""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line; a traceback follows only where the record carries one."""
        text = _death(record) or super().format(record)
        if record.levelno >= logging.WARNING:
            text = f"{record.levelname.lower()}: {text}"
        return f"{self._prefix}{text}"


def _death(record: logging.LogRecord) -> str:
    """Return one line for the death of a job's process, "" for any other record.

    Celery's record carries the traceback of its own code twice; the log file has it.
    """
    kind = record.exc_info[0] if record.exc_info else None
    if kind is None or kind.__name__ != "WorkerLostError":
        return ""
    how = re.search(r"(signal|exit ?code) \d+", record.getMessage())
    told = f" ({how[0]})" if how else ""
    return f"a working process died{told}; a job goes on from its last checkpoint"


def terminal_handler(fd: int = 0) -> "logging.StreamHandler[TextIO]":
    """Return a handler that writes to an open file descriptor, or to stderr where it is 0.

    One stream for the process' life: logging is configured again after a fork.
    """
    if not fd:
        return logging.StreamHandler(sys.stderr)
    return logging.StreamHandler(open(fd, "w", buffering=1, closefd=False))
