"""API tokens with a name: made, shown once, used, revoked."""

import datetime
import secrets

from django.contrib.auth.models import User
from django.db.models import Q, QuerySet
from django.utils import timezone

from trainer.models import ApiToken
from trainer.services.access import api_token_user, token_digest
from trainer.services.roles import STEER, Credentials

BEGIN = "acc_"
SHOWN_LENGTH = len(BEGIN) + 8
MOST_DAYS = 3650
MOST_TOKENS = 100
# A script that calls ten times a second must not write ten times a second.
USE_NOTED_SECONDS = 60


class TokenRefused(Exception):
    """A token cannot be made; the text says why and what would be right."""


def token_create(
    *, owner: User, name: str, scope: str = ApiToken.Scope.READ, days: int | None = None
) -> tuple[ApiToken, str]:
    """Make a token; return its row and the secret, which nobody can show again.

    Args:
        days: how long it works; None for ever.

    Raises:
        TokenRefused: it has no name, no such scope, or its owner may do less or has too many.
    """
    name = name.strip()
    longest = ApiToken._meta.get_field("name").max_length or 0
    if not name or len(name) > longest or not name.isprintable():
        raise TokenRefused(f"a token needs a name of 1 to {longest} characters")
    if scope not in ApiToken.Scope.values:
        raise TokenRefused(f"the scope must be {' or '.join(ApiToken.Scope.values)}")
    if days is not None and not 1 <= days <= MOST_DAYS:
        raise TokenRefused(f"a token works for 1 to {MOST_DAYS} days, or for ever")
    if scope == ApiToken.Scope.OPERATE and not owner.has_perm(STEER):
        raise TokenRefused("you may only look, and so may your tokens: choose the scope 'read'")
    now = timezone.now()
    if tokens_working(owner).count() >= MOST_TOKENS:
        raise TokenRefused(f"{MOST_TOKENS} tokens are enough; revoke one that is not used")
    secret = BEGIN + secrets.token_urlsafe(32)
    token = ApiToken.objects.create(
        owner=owner,
        name=name,
        scope=scope,
        token_sha256=token_digest(secret),
        prefix=secret[:SHOWN_LENGTH],
        expires_at=now + datetime.timedelta(days=days) if days else None,
    )
    return token, secret


def token_revoke(token: ApiToken) -> ApiToken:
    """End a token; its row stays, so that what was done with it can be told."""
    ApiToken.objects.filter(pk=token.pk, revoked_at=None).update(revoked_at=timezone.now())
    token.refresh_from_db()
    return token


def tokens_working(owner: User) -> QuerySet[ApiToken]:
    """Return somebody's tokens that let in whoever sends them."""
    return _working(timezone.now()).filter(owner=owner)


def tokens_revoke(owner: User) -> None:
    """End all tokens of somebody that work; ACC's own, in its file, is another thing."""
    tokens_working(owner).update(revoked_at=timezone.now())


def bearer_of(secret: str) -> Credentials | None:
    """Return who sends a token: ACC's own or one with a name; None if it is none, or over."""
    if not secret:
        return None
    operator = api_token_user(secret)
    if operator is not None:
        return Credentials(operator)
    now = timezone.now()
    tokens = _working(now).filter(token_sha256=token_digest(secret), owner__is_active=True)
    token = tokens.select_related("owner").first()
    if token is None:
        return None
    _note_use(token, now)
    return Credentials(token.owner, token)


def _working(now: datetime.datetime) -> QuerySet[ApiToken]:
    return ApiToken.objects.filter(Q(expires_at=None) | Q(expires_at__gt=now), revoked_at=None)


def _note_use(token: ApiToken, now: datetime.datetime) -> None:
    long_ago = now - datetime.timedelta(seconds=USE_NOTED_SECONDS)
    if token.last_used_at is None or token.last_used_at < long_ago:
        ApiToken.objects.filter(pk=token.pk).update(last_used_at=now)
