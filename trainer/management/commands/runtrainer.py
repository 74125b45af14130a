"""`manage.py runtrainer`: the trainer side alone, in the foreground."""

from argparse import RawDescriptionHelpFormatter
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from trainer.processes.foreground import run_foreground


class Command(BaseCommand):
    """Run the workers, the steward and, where REDIS_URL is unset, the embedded Valkey."""

    help = """Runs the trainer side until Ctrl-C: the workers that train, evaluate and carry out
recipes, the watcher of task files and, unless REDIS_URL is set, the embedded Valkey. The web side
runs elsewhere: manage.py runserver, or Daphne as in deploy/acc-web.service. Ctrl-C lets a job save
where it is; it goes on at the next start. Exit code 2: it cannot start here; 3: it runs already.

On one machine both sides need the same ACC_HOME. On two they need the same DATABASE_URL and
REDIS_URL, and here matter also:
  ACC_DEVICE              cpu, cuda, cuda:1 or mps (the best there is)
  ACC_THREADS             threads of torch's CPU operations (all cores but one)
  ACC_TASK_DIRS           more directories of task files, separated as in PATH
  ACC_DATA_DIR            torchvision's root for mnist, fashion_mnist and cifar10
  ACC_CHECKPOINT_SECONDS  at most this much training is repeated after a crash (10)
  ACC_WEBHOOK_URL         told by POST when a job ends

README.md lists all variables."""
    requires_system_checks = ()

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        """Keep the lines of the help as they are written."""
        kwargs["formatter_class"] = RawDescriptionHelpFormatter
        return super().create_parser(prog_name, subcommand, **kwargs)

    def handle(self, *args: Any, **options: Any) -> None:
        """Run until Ctrl-C."""
        run_foreground(
            with_web=False,
            ready=lambda: f"The trainer is ready (data in {settings.ACC_HOME}). Ctrl-C stops it.",
        )
