"""Passwords are checked one at a time, so that each wrong one is counted before the next."""

import threading
from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec, TypeVar

from django.http import HttpRequest, HttpResponse

# A check takes about half a second of a core. Of this process: a system has one web side.
WAIT_SECONDS = 10.0
_TURN = threading.Semaphore(1)

Params = ParamSpec("Params")
Request = TypeVar("Request", bound=HttpRequest)
View = Callable[Concatenate[Request, Params], HttpResponse]


def one_password_at_a_time(
    too_many: Callable[[HttpRequest], HttpResponse],
) -> Callable[[View[Request, Params]], View[Request, Params]]:
    """Return a decorator of views whose POST checks a password.

    Args:
        too_many: answers whoever has waited for too long.
    """

    def decorator(view: View[Request, Params]) -> View[Request, Params]:
        @wraps(view)
        def waiting(
            request: Request, /, *args: Params.args, **kwargs: Params.kwargs
        ) -> HttpResponse:
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
