"""`manage.py thinjobs`: drops the points of old jobs to make room."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.template.defaultfilters import filesizeformat

from trainer.services.retention import Keep, jobs_clear, jobs_older_than


class Command(BaseCommand):
    """Thin old jobs, or delete their points; starred jobs and those in progress are left alone."""

    help = (
        "Drops the exact points of jobs that ended long ago; charts are then drawn from stretches "
        "of 64 steps. Starred jobs and those in progress keep everything."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Say what may be chosen."""
        parser.add_argument(
            "--older-than", type=float, required=True, metavar="DAYS", help="since their end"
        )
        parser.add_argument(
            "--delete-points", action="store_true", help="keep no point, not even for charts"
        )
        parser.add_argument("--starred-too", action="store_true", help="starred jobs as well")
        parser.add_argument("--dry-run", action="store_true", help="only say what would go")

    def handle(self, *args: Any, **options: Any) -> None:
        """Clear, and say what went."""
        room = jobs_clear(
            jobs=jobs_older_than(options["older_than"]),
            keep=Keep.NOTHING if options["delete_points"] else Keep.LEVELS,
            starred_too=options["starred_too"],
            dry_run=options["dry_run"],
        )
        would = "would lose" if options["dry_run"] else "lost"
        self.stdout.write(
            f"{len(room.jobs)} jobs {would} {room.step_count:,} exact steps, "
            f"{filesizeformat(room.size_bytes)} of points; {room.starred_count} starred jobs "
            "keep theirs."
        )
