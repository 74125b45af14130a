"""`manage.py runtrainer`: the trainer side alone, in the foreground."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from trainer.processes.foreground import run_foreground


class Command(BaseCommand):
    """Run the workers, the steward and, where REDIS_URL is unset, the embedded Valkey."""

    help = "Runs the trainer side: workers and, unless REDIS_URL is set, the embedded Valkey."
    requires_system_checks = ()

    def handle(self, *args: Any, **options: Any) -> None:
        """Run until Ctrl-C."""
        run_foreground(
            with_web=False,
            ready=lambda: f"The trainer is ready (data in {settings.ACC_HOME}). Ctrl-C stops it.",
        )
