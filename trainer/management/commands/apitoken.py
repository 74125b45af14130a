"""`manage.py apitoken create|list|revoke`: API tokens from the command line."""

from argparse import ArgumentParser
from typing import Any

from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError, CommandParser

from trainer.models import ApiToken
from trainer.selectors.tokens import token_as_dict
from trainer.services.access import operator_ensure
from trainer.services.tokens import TokenRefused, token_create, token_revoke


class Command(BaseCommand):
    """Make, list and revoke tokens; whoever may run this on the machine may do all of it."""

    help = "Makes, lists and revokes API tokens."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        """Add one sub-command a verb."""
        verbs = parser.add_subparsers(dest="verb", required=True, parser_class=ArgumentParser)
        create = verbs.add_parser("create", help="make a token and print it, once")
        create.add_argument("name", help="where it will be used")
        create.add_argument("--owner", default="", help="a user; without it, the operator")
        create.add_argument("--scope", default="read", help="read or operate")
        create.add_argument("--days", type=int, help="how long it works; without it, for ever")
        verbs.add_parser("list", help="list all tokens")
        revoke = verbs.add_parser("revoke", help="end a token")
        revoke.add_argument("id", type=int, help="its number, as list shows it")

    def handle(self, *args: Any, verb: str, **options: Any) -> None:
        """Carry out the verb."""
        if verb == "create":
            asked = {name: options[name] for name in ("name", "owner", "scope", "days")}
            self._create(**asked)
        elif verb == "revoke":
            self._revoke(options["id"])
        else:
            self._list()

    def _create(self, name: str, owner: str, scope: str, days: int | None) -> None:
        user = User.objects.filter(username=owner).first() if owner else operator_ensure()
        if user is None:
            raise CommandError(f"there is no user '{owner}'")
        try:
            _, secret = token_create(owner=user, name=name, scope=scope, days=days)
        except TokenRefused as refused:
            raise CommandError(str(refused)) from None
        self.stdout.write(secret)

    def _list(self) -> None:
        for token in ApiToken.objects.select_related("owner"):
            row = token_as_dict(token)
            used = f"{token.last_used_at:%Y-%m-%d %H:%M}" if token.last_used_at else "never used"
            words = (f"{token.pk:>4}", row["prefix"], row["scope"], row["state"], row["owner"])
            self.stdout.write("  ".join((*words, used, token.name)))

    def _revoke(self, token_id: int) -> None:
        token = ApiToken.objects.filter(pk=token_id).first()
        if token is None:
            raise CommandError(f"there is no token {token_id}")
        token_revoke(token)
        self.stdout.write(f"{token} is revoked.")
