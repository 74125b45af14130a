"""What a start makes up for, behind everything else: rows that older versions did not write."""

import logging
import threading

from django.db import connection
from django.db.utils import Error as DatabaseError

from trainer.services.loss_levels import levels_complete

logger = logging.getLogger("acc.upkeep")


def upkeep_start() -> threading.Thread:
    """Begin, on a thread that ends with its work or with the process."""
    thread = threading.Thread(target=_run, name="upkeep", daemon=True)
    thread.start()
    return thread


def _run() -> None:
    try:
        levels_complete()
    except DatabaseError as error:
        logger.warning("older jobs' charts stay slow until the next start: %s", error)
    finally:
        connection.close()
