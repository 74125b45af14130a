"""Who may call: a bearer of an API token, or somebody who is signed in."""

from collections.abc import Callable
from functools import wraps
from typing import Any, cast

from django.conf import settings
from django.contrib.auth.models import User
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponseBase, JsonResponse
from ninja.security import HttpBearer, SessionAuth

from trainer.services.roles import Credentials, Need, access_require, need_of
from trainer.services.tokens import bearer_of

View = Callable[..., HttpResponseBase]

UNAUTHENTICATED = (
    "credentials are missing or wrong; send 'Authorization: Bearer TOKEN' or sign in first"
)


class Bearer(HttpBearer):
    """The token of ACC_API_TOKEN or of the file api-token in ACC_HOME, or one with a name."""

    def __init__(self, need: Need | None = None) -> None:
        """Let in who may do what is needed; without a need, what the method is for."""
        super().__init__()
        self._need = need

    def authenticate(self, request: HttpRequest, token: str) -> User | None:
        """Return as whom the caller acts.

        Raises:
            NotAllowed: they may not do this.
        """
        bearer = bearer_of(token)
        if bearer is None:
            return None
        access_require(bearer, self._need or need_of(request.method))
        return bearer.user


class SignedIn(SessionAuth):
    """The session of a page; calls that change something carry its CSRF token."""

    def __init__(self, need: Need | None = None) -> None:
        """Let in who may do what is needed; without a need, what the method is for."""
        super().__init__()
        self._need = need

    def __call__(self, request: HttpRequest) -> User | None:
        """Return who is signed in.

        Raises:
            NotAllowed: they may not do this.
        """
        # Asked first, so that a caller without any credentials hears so, and nothing of CSRF.
        if not request.user.is_authenticated:
            return None
        user = cast(User | None, super().__call__(request))
        if user is not None:
            access_require(Credentials(user), self._need or need_of(request.method))
        return user


def auth_for(need: Need | None = None) -> tuple[Bearer, SignedIn]:
    """Return the two ways in, for calls that need something else than their method says."""
    return Bearer(need), SignedIn(need)


AUTH = auth_for()


def caller_of(request: HttpRequest) -> User | None:
    """Return who calls; None without credentials."""
    return next((user for auth in AUTH if (user := auth(request)) is not None), None)


def caller_name(request: HttpRequest) -> str:
    """Return the name under which what the caller does is recorded."""
    return str(cast(Any, request).auth.get_username())


def unauthenticated() -> JsonResponse:
    """Return the answer to a caller without credentials."""
    response = JsonResponse({"error": UNAUTHENTICATED}, status=401)
    response.headers["WWW-Authenticate"] = "Bearer"
    return response


def credentials_required(view: View) -> View:
    """Guard a page of the documentation: a browser is sent to the sign-in page."""

    @wraps(view)
    def guarded(request: HttpRequest, **arguments: Any) -> HttpResponseBase:
        if caller_of(request) is not None:
            return view(request, **arguments)
        if "text/html" in request.headers.get("Accept", ""):
            return redirect_to_login(request.get_full_path(), settings.LOGIN_URL)
        return unauthenticated()

    return guarded
