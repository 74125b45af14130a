"""`manage.py up`: the web side and the trainer side in one foreground process tree."""

from typing import Any

from django.core.management.base import BaseCommand

from trainer.processes.foreground import run_foreground, sign_in_url


class Command(BaseCommand):
    """Run everything; what `make run` ends in."""

    help = "Runs ACC: web side, trainer side and database set-up, until Ctrl-C."
    requires_system_checks = ()

    def handle(self, *args: Any, **options: Any) -> None:
        """Run until Ctrl-C."""
        run_foreground(with_web=True, ready=_ready)


def _ready() -> str:
    return f"ACC is ready: {sign_in_url()}\n(the link signs you in, once; Ctrl-C stops ACC)"
