"""Reads API tokens: never the secret, which is nowhere."""

from typing import Any

from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.utils import timezone

from trainer.models import ApiToken


def tokens_seen_by(user: User) -> QuerySet[ApiToken]:
    """Return somebody's tokens, the newest first; an administrator sees everybody's."""
    tokens = ApiToken.objects.select_related("owner")
    return tokens if user.is_superuser else tokens.filter(owner=user)


def token_state(token: ApiToken) -> str:
    """Return working, expired or revoked."""
    if token.revoked_at is not None:
        return "revoked"
    is_over = token.expires_at is not None and token.expires_at <= timezone.now()
    return "expired" if is_over else "working"


def token_as_dict(token: ApiToken) -> dict[str, Any]:
    """Return a token in the API's shape."""
    return {
        "id": token.pk,
        "name": token.name,
        "prefix": token.prefix,
        "owner": token.owner.get_username(),
        "scope": token.scope,
        "state": token_state(token),
        "created_at": token.created_at,
        "last_used_at": token.last_used_at,
        "expires_at": token.expires_at,
        "revoked_at": token.revoked_at,
    }
