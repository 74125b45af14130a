"""`manage.py backup DIRECTORY`: all that cannot be had again, also while ACC runs."""

import os
import shutil
import sqlite3
from argparse import ArgumentParser
from contextlib import closing
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder


class Command(BaseCommand):
    """Copy the SQLite database, the checkpoints and the datasets into a new directory."""

    help = "Copies database, checkpoints and datasets into a new directory, also while ACC runs."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the directory."""
        parser.add_argument("directory", type=Path)

    def handle(self, *args: Any, **options: Any) -> None:
        """Copy the files before and after the database, so that none of its rows lacks one."""
        if connection.vendor != "sqlite":
            raise CommandError("the database is PostgreSQL: back it up with pg_dump")
        if MigrationRecorder.Migration._meta.db_table not in connection.introspection.table_names():
            raise CommandError(
                f"{connection.settings_dict['NAME']} holds nothing of ACC; give this command the "
                "ACC_HOME and DATABASE_URL that ACC runs with"
            )
        place: Path = options["directory"]
        try:
            place.mkdir(parents=True, mode=0o700)
            self._copy_files(place)
            with closing(sqlite3.connect(place / "acc.sqlite3")) as copy:
                connection.ensure_connection()
                connection.connection.backup(copy)
            self._copy_files(place)
        except FileExistsError as error:
            raise CommandError(f"{place} is there already; name a new directory") from error
        except OSError as error:
            raise CommandError(f"{error.filename or place}: {error.strerror}") from error
        self.stdout.write(f"Saved in {place}.")

    def _copy_files(self, place: Path) -> None:
        for source in (settings.CHECKPOINT_DIR, settings.DATASET_DIR):
            if not source.is_dir():
                continue
            target = place / source.name
            target.mkdir(exist_ok=True, mode=0o700)
            for path in source.iterdir():
                if path.name[0] != "." and not (target / path.name).exists():
                    _link_or_copy(path, target / path.name)


def _link_or_copy(path: Path, copy: Path) -> None:
    """Give a file a second name, which costs no room as none is ever changed; else copy it."""
    try:
        os.link(path, copy)
    except FileNotFoundError:
        return  # a periodic checkpoint gave way to the next one
    except OSError:
        shutil.copy2(path, copy)
