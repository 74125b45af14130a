"""Writes that outlast a short absence of the database, or of room on the disk."""

import logging
import time
from collections.abc import Callable
from typing import TypeVar

from django.db import InterfaceError, OperationalError, close_old_connections

T = TypeVar("T")

logger = logging.getLogger("acc.worker")

# The database is away, or busy beyond its patience; what else it says stays true however long.
AWAY = (OperationalError, InterfaceError)
PATIENCE_SECONDS = 30.0
PAUSE_SECONDS = 0.2


def persist(work: Callable[[], T]) -> T:
    """Do database work, again and again for half a minute where the database is away.

    Raises:
        Error: the database stayed away; or another one of its errors, which waiting would not mend.
    """
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            return work()
        except AWAY as error:
            if time.monotonic() > deadline:
                raise
            logger.warning("waiting for the database: %s", error)
            close_old_connections()
            time.sleep(PAUSE_SECONDS)


def persist_on_disk(work: Callable[[], T]) -> T:
    """Do work that writes files, again and again for half a minute where the disk is full.

    Raises:
        OSError: the disk stayed full, or cannot be written.
        Error: the database is away; `persist` is for that.
    """
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            return work()
        except OSError as error:
            if time.monotonic() > deadline:
                raise
            logger.warning("waiting for the disk: %s", error.strerror or error)
            time.sleep(PAUSE_SECONDS)
