"""`manage.py signinlink`: a new one-time link for who is signed out while ACC runs."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db.utils import Error as DatabaseError

from trainer.processes.foreground import sign_in_url


class Command(BaseCommand):
    """Print a link that signs in, once."""

    help = "Prints a new one-time sign-in link."
    requires_system_checks = ()

    def handle(self, *args: Any, **options: Any) -> None:
        """Print the link alone, for a person or a script."""
        try:
            self.stdout.write(sign_in_url())
        except DatabaseError as error:
            raise CommandError(
                f"No link could be made ({error}); are ACC_HOME and DATABASE_URL "
                "those with which ACC was started?"
            ) from None
