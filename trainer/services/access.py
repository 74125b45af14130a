"""Ways in: the one-time sign-in link and ACC's own API token."""

import datetime
import hashlib
import hmac
import secrets

from axes.models import AccessAttempt, AccessFailureLog, AccessLog
from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.utils import timezone

from trainer.models import SignInLink
from trainer.secret_file import secret_file

LINK_HOURS = 12
ATTEMPT_DAYS = 90
OPERATOR = "operator"


def operator_ensure() -> User:
    """Return the first start's user, made where there is no user at all; it has no password yet."""
    users = get_user_model().objects
    superuser = users.filter(is_superuser=True, is_active=True).order_by("pk").first()
    if superuser is not None:
        return superuser
    # Two first requests at once meet here: one makes the user, the other finds it.
    operator, _ = users.get_or_create(
        username=OPERATOR,
        defaults={"is_staff": True, "is_superuser": True, "password": make_password(None)},
    )
    return operator


def password_is_set() -> bool:
    """Return whether an administrator can sign in with a password."""
    administrators = get_user_model().objects.filter(is_superuser=True, is_active=True)
    return any(user.has_usable_password() for user in administrators)


def sign_in_link_create(user: User) -> str:
    """Return the token of a new one-time link; only its hash is kept."""
    token = secrets.token_urlsafe(24)
    SignInLink.objects.create(
        token_sha256=token_digest(token),
        user=user,
        expires_at=timezone.now() + datetime.timedelta(hours=LINK_HOURS),
    )
    return token


def sign_in_link_use(token: str) -> User | None:
    """Return whom a link signs in, and use it up; None if it is unknown, old or used."""
    now = timezone.now()
    links = SignInLink.objects.select_related("user")
    link = links.filter(token_sha256=token_digest(token), user__is_active=True).first()
    if link is None:
        return None
    # No other table in this condition: PostgreSQL would look at it once, before it waits for
    # another use of the same link, and not again.
    unused = SignInLink.objects.filter(pk=link.pk, used_at=None, expires_at__gt=now)
    return link.user if unused.update(used_at=now) else None


def sign_in_links_end(user: User) -> None:
    """End the links of somebody that nobody opened yet."""
    SignInLink.objects.filter(user=user, used_at=None).delete()


def access_forget_old() -> None:
    """Delete what lets nobody in any more, nor keeps anybody out: such rows would pile up.

    Who tried to sign in, from where and when, is kept for a while, for whoever looks into it.
    """
    now = timezone.now()
    SignInLink.objects.filter(expires_at__lt=now).delete()
    Session.objects.filter(expire_date__lt=now).delete()
    old = now - datetime.timedelta(days=ATTEMPT_DAYS)
    for attempts in (AccessAttempt, AccessFailureLog, AccessLog):
        attempts.objects.filter(attempt_time__lt=old).delete()


def api_token_ensure() -> str:
    """Return the API token, made in ACC_HOME at the first use with mode 0600."""
    if settings.ACC_API_TOKEN:
        return str(settings.ACC_API_TOKEN)
    return secret_file(settings.ACC_API_TOKEN_FILE)


def api_token_user(token: str) -> User | None:
    """Return as whom a bearer of the token acts; None if it is not the token."""
    expected = api_token_ensure()
    # An empty file would let in whoever sends an empty token.
    if not expected or not hmac.compare_digest(token.encode(), expected.encode()):
        return None
    return operator_ensure()


def token_digest(token: str) -> str:
    """Return what is stored of a secret that is too random to be guessed."""
    return hashlib.sha256(token.encode()).hexdigest()
