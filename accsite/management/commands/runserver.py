"""The web side alone, with a look at the code's files: for whoever works on it."""

from typing import Any

from daphne.management.commands.runserver import Command as DaphneCommand
from django.conf import settings
from django.core.management.base import CommandError, CommandParser

from trainer.processes.preflight import PreflightRefused, check_exposure
from trainer.processes.specs import SOCKET_FRAME_BYTES, SOCKET_MESSAGE_BYTES


class Command(DaphneCommand):  # type: ignore[misc]  # Daphne carries no types
    """Daphne's own, on our address where none is given, and no more exposed than `up`."""

    default_addr = settings.ACC_HOST
    default_port = str(settings.ACC_PORT)

    def add_arguments(self, parser: CommandParser) -> None:
        """Take Daphne's arguments, with our limits of what a socket carries."""
        super().add_arguments(parser)
        parser.set_defaults(
            websocket_max_frame_size=SOCKET_FRAME_BYTES,
            websocket_max_message_size=SOCKET_MESSAGE_BYTES,
        )

    def run(self, **options: Any) -> None:
        """Serve until Ctrl-C."""
        try:
            check_exposure(self.addr, settings.ACC_ALLOWED_HOSTS)
        except PreflightRefused as refusal:
            raise CommandError(str(refusal)) from None
        super().run(**options)
