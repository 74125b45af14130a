"""Ways in and out for people."""

from typing import Any

from django.conf import settings
from django.contrib.auth import login
from django.contrib.auth.views import LoginView, redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from dashboard.forms import SignInForm
from dashboard.one_password import one_password_at_a_time
from trainer.services.access import LINK_HOURS, sign_in_link_use


def sign_in_busy(request: HttpRequest) -> HttpResponse:
    """Answer whoever waited too long for others' passwords to be checked."""
    return _refused(request, "Too many passwords are being checked; try again in a moment.")


@method_decorator(
    one_password_at_a_time(sign_in_busy),  # type: ignore[arg-type]  # stubs know no ParamSpec
    name="dispatch",
)
class SignIn(LoginView):
    """The sign-in page."""

    template_name = "pages/sign_in.html"
    authentication_form = SignInForm
    redirect_authenticated_user = True
    extra_context = {"title": "Sign in · ACC"}  # noqa: RUF012  Django's way of declaring it


@require_GET
@never_cache
def admin_sign_in(request: HttpRequest) -> HttpResponse:
    """Send whoever wants into the admin to the sign-in page.

    Raises:
        PermissionDenied: they are signed in already, and the admin is not theirs.
    """
    if request.user.is_authenticated and not request.user.is_superuser:
        raise PermissionDenied
    return redirect_to_login(request.GET.get("next") or reverse("admin:index"))


def sign_in_locked(request: HttpRequest, *_: Any, **__: Any) -> HttpResponse:
    """Answer in place of the sign-in page where too many attempts failed."""
    wait = settings.AXES_COOLOFF_TIME.seconds // 60
    if "HX-Request" in request.headers:
        return _refused(request, f"Too many wrong passwords; wait {wait} minutes.")
    return _refused(
        request, f"Too many sign-ins failed; wait {wait} minutes, or use a one-time link."
    )


def _refused(request: HttpRequest, sentence: str) -> HttpResponse:
    if "HX-Request" in request.headers:  # the password panel of somebody who is signed in
        error = sentence[:1].lower() + sentence[1:].removesuffix(".")
        return JsonResponse({"error": error}, status=429)
    form = SignInForm(request, initial={"username": request.POST.get("username", "")})
    context = {**SignIn.extra_context, "form": form, "refusal": sentence}
    return render(request, SignIn.template_name, context, status=429)


@require_GET
@never_cache
def sign_in_link(request: HttpRequest, token: str) -> HttpResponse:
    """Sign in whoever opens a one-time link; the link is used up by it."""
    user = sign_in_link_use(token)
    if user is not None:
        login(request, user, backend="django.contrib.auth.backends.ModelBackend")
    elif not request.user.is_authenticated:
        context = {"title": "This link no longer works · ACC", "hours": LINK_HOURS}
        return render(request, "pages/link_refused.html", context, status=410)
    return redirect("dashboard:workbench")
