"""Who may do what: the one rule of the API, the pages and the sockets.

Viewers look, operators steer, administrators (Django's superusers) do the rest. A token may do
what its owner may, or only look. Whatever changes something needs steering unless it says
otherwise, so that a new call is closed to viewers before anybody thinks of them.
"""

from dataclasses import dataclass
from enum import Enum
from typing import Any

from django.contrib.auth.models import Group, Permission, User
from django.core.exceptions import PermissionDenied

from trainer.models import ApiToken

VIEWER, OPERATOR = "viewer", "operator"
STEER = "trainer.steer"
SAFE_METHODS = ("GET", "HEAD", "OPTIONS")


class Need(Enum):
    """What a request needs of whoever sends it."""

    LOOK = "look"
    STEER = "steer"
    ACCOUNT = "account"  # one's own password and tokens: in person, whatever the role
    ADMINISTER = "administer"


@dataclass(frozen=True)
class Credentials:
    """Who asks, and with which token; None for a session and for ACC's own token."""

    user: User
    token: ApiToken | None = None


class NotAllowed(PermissionDenied):
    """The caller is known and may not do this; the text says who may."""


def need_of(method: str | None) -> Need:
    """Return what a request needs that says nothing of it itself."""
    return Need.LOOK if method in SAFE_METHODS else Need.STEER


def access_require(credentials: Credentials, need: Need) -> None:
    """Pass if the caller may.

    Raises:
        NotAllowed: they may not.
    """
    if need is Need.LOOK:
        return
    if need is Need.STEER:
        _steer_require(credentials)
    elif credentials.token is not None:
        # Else who finds a token makes a second one, and revoking the first helps nobody.
        raise NotAllowed(
            "this needs you in person: sign in, or use the token that lies in ACC_HOME"
        )
    elif need is Need.ADMINISTER and not credentials.user.is_superuser:
        raise NotAllowed("only administrators may do this")


def _steer_require(credentials: Credentials) -> None:
    if not credentials.user.has_perm(STEER):
        raise NotAllowed(
            "you may look and change nothing; an administrator can put you into the group "
            f"'{OPERATOR}'"
        )
    if credentials.token is not None and credentials.token.scope == ApiToken.Scope.READ:
        raise NotAllowed(
            f"the token '{credentials.token.name}' may only read; to change something, use one "
            f"with the scope '{ApiToken.Scope.OPERATE}'"
        )


def role_of(user: User) -> str:
    """Return in a word what somebody may do."""
    if user.is_superuser:
        return "administrator"
    return OPERATOR if user.has_perm(STEER) else VIEWER


def groups_ensure(**_: Any) -> None:
    """Make the two groups where they are missing; what an administrator made of them stays."""
    Group.objects.get_or_create(name=VIEWER)
    operators, is_new = Group.objects.get_or_create(name=OPERATOR)
    if is_new:
        app, codename = STEER.split(".")
        operators.permissions.add(
            Permission.objects.get(content_type__app_label=app, codename=codename)
        )
