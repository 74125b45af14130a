"""What every view needs to know of a request: who asks, and about which experiment."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import BadRequest
from django.http import Http404, HttpRequest, HttpResponse
from django_htmx.middleware import HtmxDetails

from trainer.models import Experiment, Job
from trainer.selectors.experiments import experiment_get
from trainer.selectors.jobs import job_get
from trainer.services.roles import Credentials, Need, access_require, need_of

Params = ParamSpec("Params")

# What every database holds as a key.
LARGEST_ID = 2**63 - 1


class PageMissing(Http404):
    """What the address names is not there; the text says what, for the person who reads it."""


class HtmxRequest(HttpRequest):
    """A request as django-htmx's middleware leaves it."""

    htmx: HtmxDetails


View = Callable[Concatenate[HtmxRequest, Params], HttpResponse]


def signed_in(view: View[Params]) -> View[Params]:
    """Let in who is signed in; what changes something is for those who may steer."""
    return _guarded(view, None)


def own_account(view: View[Params]) -> View[Params]:
    """Let in who is signed in, to change what is theirs, whatever their role."""
    return _guarded(view, Need.ACCOUNT)


def _guarded(view: View[Params], need: Need | None) -> View[Params]:
    """Send whoever is not signed in to the sign-in page.

    A page that is open already gets 401 and says so itself: what is typed in it stays. Who is
    signed in and may not do this gets NotAllowed, which the error pages answer.
    """

    @wraps(view)
    def guarded(
        request: HtmxRequest, /, *args: Params.args, **kwargs: Params.kwargs
    ) -> HttpResponse:
        if request.user.is_authenticated:
            _refuse_nul(request)
            access_require(Credentials(request.user), need or need_of(request.method))
            return view(request, *args, **kwargs)
        if request.htmx:
            return HttpResponse("You are signed out.", status=401, content_type="text/plain")
        return redirect_to_login(request.get_full_path())

    return guarded


def _refuse_nul(request: HttpRequest) -> None:
    """Raise BadRequest where the address or a field holds NUL, which PostgreSQL fails over."""
    asked = [*request.GET.lists(), *request.POST.lists()]
    if any("\0" in text for text in (request.path, *(text for _, sent in asked for text in sent))):
        raise BadRequest("what was sent holds NUL characters")


def number_asked(text: str) -> int | None:
    """Return the whole number that an address or a field gives; None if it is none, or too long."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 18 else None


def experiment_asked(request: HttpRequest) -> Experiment | None:
    """Return the experiment that the address names, else the active one; None if there is none.

    Raises:
        PageMissing: the named one does not exist.
    """
    slug = request.GET.get("experiment")
    experiment = experiment_get(slug)
    if slug and experiment is None:
        raise PageMissing(f"there is no experiment '{slug}'")
    return experiment


def experiment_required(request: HttpRequest) -> Experiment:
    """Return the experiment that the address names, else the active one.

    Raises:
        PageMissing: there is none.
    """
    experiment = experiment_asked(request)
    if experiment is None:
        raise PageMissing("there is no experiment yet")
    return experiment


def job_required(job_id: int) -> Job:
    """Return the job that the address names.

    Raises:
        PageMissing: there is none of this number.
    """
    found = job_get(job_id) if job_id <= LARGEST_ID else None
    if found is None:
        raise PageMissing(f"there is no job {job_id}")
    return found
