"""One's own account: role, password, where one is signed in, and API tokens."""

from typing import Any

from django.conf import settings
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.models import User
from django.http import HttpResponse
from django.shortcuts import render, resolve_url
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_POST
from django_htmx.http import HttpResponseClientRedirect

from dashboard.access_forms import REVOKE, TokenForm, password_form
from dashboard.bar import bar_panel
from dashboard.one_password import one_password_at_a_time
from dashboard.requests import HtmxRequest, experiment_asked, own_account, signed_in
from dashboard.views.sign_in import sign_in_busy
from trainer.selectors.tokens import token_as_dict, tokens_seen_by
from trainer.services.access import sign_in_links_end
from trainer.services.roles import role_of
from trainer.services.sessions import sessions_end
from trainer.services.tokens import TokenRefused, token_create, token_revoke, tokens_revoke

MAY = {
    "administrator": "You may do everything, and let others in.",
    "operator": "You may look, train and change; letting others in is for administrators.",
    "viewer": "You may look at everything and change nothing. An administrator can make you an "
    "operator.",
}


@require_GET
@never_cache
@signed_in
def access(request: HtmxRequest) -> HttpResponse:
    """Show the whole page."""
    user = _user(request)
    context = bar_panel(experiment_asked(request)) | _tokens(user)
    context |= {"title": "Account and access · ACC", "here": "access", **_account(user)}
    context |= {"password_form": password_form(request), "token_form": TokenForm(owner=user)}
    context["is_changed"] = "changed" in request.GET
    return render(request, "pages/access.html", context)


@require_POST
@own_account
def partial_token_make(request: HtmxRequest) -> HttpResponse:
    """Make a token; this answer shows the secret, and none does so again."""
    user = _user(request)
    form = TokenForm(request.POST, owner=user)
    context: dict[str, Any] = {}
    if form.is_valid():
        try:
            token, secret = token_create(owner=user, **form.cleaned_data)
        except TokenRefused as refused:
            form.add_error(None, str(refused))
        else:
            context = {"made": token, "secret": secret}
            form = TokenForm(owner=user)
    context |= _tokens(user) | {"token_form": form}
    status = 422 if form.errors else 200
    return _unkept(render(request, "partials/tokens.html", context, status=status))


@require_POST
@own_account
def partial_token_revoke(request: HtmxRequest, token_id: int) -> HttpResponse:
    """End a token; twice is once."""
    user = _user(request)
    token = tokens_seen_by(user).filter(pk=token_id).first()
    if token is not None:
        token_revoke(token)
    context = _tokens(user) | {"token_form": TokenForm(owner=user)}
    return render(request, "partials/tokens.html", context)


@sensitive_post_parameters()
@require_POST
@own_account
@one_password_at_a_time(sign_in_busy)
def partial_password(request: HtmxRequest) -> HttpResponse:
    """Change the password; everywhere else one is signed out by it."""
    form = password_form(request, request.POST)
    if not form.is_valid():
        context = {"password_form": form}
        return render(request, "partials/password.html", context, status=422)
    user = form.save()
    update_session_auth_hash(request, user)
    # Who has the old password may have let themselves in by other ways, too.
    sign_in_links_end(user)
    if form.cleaned_data.get(REVOKE):
        tokens_revoke(user)
    # The whole page: its socket was opened with a session that is over.
    return HttpResponseClientRedirect(f"{resolve_url('dashboard:access')}?changed")


@require_POST
@own_account
def partial_sign_out_elsewhere(request: HtmxRequest) -> HttpResponse:
    """End every other session of whoever asks."""
    user = _user(request)
    ended = sessions_end(user=user, keep=request.session.session_key)
    context = _account(user) | {"ended_count": ended}
    return render(request, "partials/account.html", context)


def _account(user: User) -> dict[str, Any]:
    role = role_of(user)
    return {"role": role, "may": MAY[role]}


def _tokens(user: User) -> dict[str, Any]:
    rows = [token_as_dict(token) for token in tokens_seen_by(user)]
    in_file = user.is_superuser and not settings.ACC_API_TOKEN
    return {
        "owner_token_file": settings.ACC_API_TOKEN_FILE if in_file else None,
        "working_tokens": [row for row in rows if row["state"] == "working"],
        "ended_tokens": [row for row in rows if row["state"] != "working"],
    }


def _user(request: HtmxRequest) -> User:
    assert isinstance(request.user, User)  # noqa: S101  # the guard let in nobody else
    return request.user


def _unkept(response: HttpResponse) -> HttpResponse:
    """Forbid every cache to keep an answer that holds a secret."""
    response.headers["Cache-Control"] = "no-store"
    return response
