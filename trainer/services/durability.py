"""How long a commit waits for the disk."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection


@contextmanager
def commits_need_not_wait() -> Iterator[None]:
    """Let this connection's commits return before they are on the disk, where nobody notices.

    For losses in SQLite: a power cut may take the last ones, but it ends their job as well, and
    never takes one from before the last checkpoint, whose commit waits; the job goes on from there
    and writes the others again. PostgreSQL may crash while the job goes on, so there they wait.
    """
    if connection.vendor != "sqlite":
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA synchronous=NORMAL")
    try:
        yield
    finally:
        # A connection that broke meanwhile is replaced by a new one, which is strict.
        if connection.connection is not None and not connection.errors_occurred:
            with connection.cursor() as cursor:
                cursor.execute("PRAGMA synchronous=FULL")
