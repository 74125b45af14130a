"""What a person reads on the terminal, and what only the log file tells."""

import logging
import sys

import pytest
from celery.exceptions import WorkerLostError

from accsite.logs import DEATH_TOLD_TWICE, TerminalFilter, TerminalFormatter


def record_of(name, level, text, *arguments, exc_info=None):
    return logging.LogRecord(name, level, __file__, 1, text, arguments, exc_info)


def death(text):
    """Return the record that Celery writes when a process of its pool is gone."""
    try:
        raise WorkerLostError(text)
    except WorkerLostError as error:
        found = sys.exc_info()
        return record_of(
            "celery.worker.request",
            logging.ERROR,
            "Task handler raised error: %r",
            error,
            exc_info=found,
        )


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("Worker exited prematurely: signal 9 (SIGKILL) Job: 0.", "signal 9"),
        ("Worker exited prematurely: exitcode 1 Job: 0.", "exitcode 1"),
    ],
)
def test_the_death_of_a_jobs_process_is_one_line(text, told):
    assert TerminalFormatter("train").format(death(text)) == (
        f"train | error: a working process died ({told}); a job goes on from its last checkpoint"
    )


def test_the_log_file_keeps_the_whole_text_of_a_death():
    record = death("Worker exited prematurely: signal 9 (SIGKILL) Job: 0.")
    TerminalFormatter("train").format(record)
    assert "Traceback" in logging.Formatter().format(record)


def test_a_death_is_told_once():
    twice = record_of("multiprocessing", logging.ERROR, DEATH_TOLD_TWICE, "w", 1, "signal 9")
    assert not TerminalFilter().filter(twice)
    assert TerminalFilter().filter(death("signal 9"))


def test_another_error_keeps_its_traceback():
    try:
        raise ValueError("odd")
    except ValueError:
        record = record_of("acc", logging.ERROR, "trouble", exc_info=sys.exc_info())
    assert "Traceback" in TerminalFormatter().format(record)


def test_progress_is_for_the_terminal_and_other_news_is_not():
    assert TerminalFilter().filter(record_of("acc.progress", logging.INFO, "step 1"))
    assert not TerminalFilter().filter(record_of("acc.steward", logging.INFO, "news"))
