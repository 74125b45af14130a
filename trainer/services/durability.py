"""How long a commit waits for the disk."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

# What a power cut may take and what it may not; both databases keep the order of commits, so a
# commit that waited brings all earlier ones to the disk as well.
_STATEMENTS = {
    "sqlite": ("PRAGMA synchronous=NORMAL", "PRAGMA synchronous=FULL"),
    "postgresql": ("SET synchronous_commit=off", "SET synchronous_commit=on"),
}


@contextmanager
def commits_need_not_wait() -> Iterator[None]:
    """Let this connection's commits return before they are on the disk.

    For losses: a power cut may take the last ones, but never one from before the last checkpoint,
    whose commit waits; the job goes on from there and writes the others again.
    """
    relaxed, strict = _STATEMENTS[connection.vendor]
    with connection.cursor() as cursor:
        cursor.execute(relaxed)
    try:
        yield
    finally:
        # A connection that broke meanwhile is replaced by a new one, which is strict.
        if connection.connection is not None and not connection.errors_occurred:
            with connection.cursor() as cursor:
                cursor.execute(strict)
