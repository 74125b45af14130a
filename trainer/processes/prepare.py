"""What every start makes sure of: the database's tables, somebody to sign in, the API token."""

import contextlib
import fcntl
import os
from collections.abc import Callable, Iterator

from django.conf import settings
from django.core.management import call_command
from django.db import OperationalError, connection
from django.db.migrations.executor import MigrationExecutor

from trainer.services.access import api_token_ensure, operator_ensure

START_LOCK = 0x41434321  # any number that nobody else uses in this database


def database_prepare(*, say: Callable[[str], None] = lambda text: None) -> None:
    """Bring the database up to date; of several starts at once, one does it."""
    with _turn():
        executor = MigrationExecutor(connection)
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            say("Preparing the database.")
            call_command("migrate", verbosity=0, interactive=False, skip_checks=True)
        operator_ensure()
        api_token_ensure()


def database_prepare_new() -> bool:
    """Prepare a database that nothing was stored in yet; return False where it does not answer.

    For the web side alone: one with tables is brought up to date by the trainer side or by
    `manage.py migrate`, and not by whoever happens to look at a page.
    """
    try:
        if "django_migrations" not in connection.introspection.table_names():
            database_prepare()
    except OperationalError:
        return False
    return True


@contextlib.contextmanager
def _turn() -> Iterator[None]:
    """Wait for this process's turn among all that start on this database."""
    # Of one machine by a file; of several, which only PostgreSQL can have, by a lock in there.
    file = os.open(settings.ACC_HOME / "prepare.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(file, fcntl.LOCK_EX)
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_lock(%s)", [START_LOCK])
        yield
    finally:
        if connection.vendor == "postgresql" and connection.connection is not None:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [START_LOCK])
        os.close(file)
