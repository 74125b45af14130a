"""Passwords are checked one at a time, so that each wrong one is counted before the next."""

import threading
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponseBase

# A check takes about half a second of a core. Of this process: a system has one web side.
WAIT_SECONDS = 10.0
_TURN = threading.Semaphore(1)

View = Callable[..., HttpResponseBase]


def one_password_at_a_time(too_many: Callable[[HttpRequest], HttpResponseBase]) -> Any:
    """Return a decorator of views whose POST checks a password.

    Args:
        too_many: answers whoever has waited for too long.
    """

    def decorator(view: View) -> View:
        @wraps(view)
        def waiting(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if request.method != "POST":
                return view(request, *args, **kwargs)
            if not _TURN.acquire(timeout=WAIT_SECONDS):
                return too_many(request)
            try:
                return view(request, *args, **kwargs)
            finally:
                _TURN.release()

        return waiting

    return decorator
