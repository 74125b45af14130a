"""`manage.py up`: the web side and the trainer side in one foreground process tree."""

from argparse import RawDescriptionHelpFormatter
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from trainer.processes.foreground import run_foreground, sign_in_url


class Command(BaseCommand):
    """Run everything; what `make run` ends in."""

    help = """Runs ACC until Ctrl-C: prepares the database, then starts the web side, the workers,
the watcher of task files and, unless REDIS_URL is set, the embedded Valkey. Prints a link
that signs you in once. Whatever dies is started again; jobs go on from their last checkpoint.
Exit code 2: it cannot start here; 3: it runs already.

Environment, all optional:
  ACC_HOME            data directory (var/ in the checkout)
  ACC_HOST, ACC_PORT  where the web side listens (127.0.0.1, 8000)
  DATABASE_URL        postgres://user:password@host/name (SQLite in ACC_HOME)
  REDIS_URL           redis://, rediss:// or unix:// (an embedded Valkey)
  ACC_DEVICE          cpu, cuda, cuda:1 or mps (the best there is)
  ACC_TASK_DIRS       more directories of task files, separated as in PATH
  ACC_WEBHOOK_URL     told by POST when a job ends
  ACC_DEMO=0          no demo experiment at the first start

README.md lists them all; docs/operating.md says what to do when something is wrong."""
    requires_system_checks = ()

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        """Keep the lines of the help as they are written."""
        kwargs["formatter_class"] = RawDescriptionHelpFormatter
        return super().create_parser(prog_name, subcommand, **kwargs)

    def handle(self, *args: Any, **options: Any) -> None:
        """Run until Ctrl-C."""
        run_foreground(with_web=True, ready=_ready)


def _ready() -> str:
    return f"ACC is ready: {sign_in_url()}\n(the link signs you in, once; Ctrl-C stops ACC)"
