"""Sessions of people who are signed in: whether one still stands, and how all of them end."""

from types import SimpleNamespace
from typing import Any, cast

from django.contrib.auth import SESSION_KEY, get_user
from django.contrib.auth.models import User
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.utils import timezone


def session_user(session_key: str | None) -> User | None:
    """Return whose session it is as the database has it now; None if it is over.

    It is over when somebody signed out, when it expired, when its user was shut out, and when
    they changed their password elsewhere.
    """
    if not session_key:
        return None
    user = get_user(cast(Any, SimpleNamespace(session=SessionStore(session_key))))
    return user if user.is_authenticated else None


def sessions_end(*, user: User, keep: str | None = None) -> int:
    """Sign somebody out everywhere but in the session `keep`; return in how many places.

    Django's sessions do not say whose they are outside of their sealed text, so all are opened.
    """
    ended = 0
    for session in Session.objects.filter(expire_date__gt=timezone.now()).iterator():
        owner = session.get_decoded().get(SESSION_KEY)
        if owner == str(user.pk) and session.session_key != keep:
            session.delete()
            ended += 1
    return ended
