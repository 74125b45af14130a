"""What a caller sees when a URL is unknown or something broke: JSON from the API, else a page."""

from functools import cache

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render

from dashboard.requests import PageMissing
from trainer.services.roles import NotAllowed

_TITLES = {
    400: "Bad request",
    403: "Not allowed",
    404: "Not found",
    413: "Too large",
    500: "Something broke",
}


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer a request that Django itself refused, such as one with a foreign Host header."""
    return _answer(request, 400, "the request could not be understood; the API is listed at /docs")


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer a request that is not allowed to whoever sent it."""
    told = "you are not allowed to do this; sign in as somebody who is"
    if isinstance(exception, NotAllowed):
        told = str(exception)
    return _answer(request, 403, told)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer a path that leads nowhere."""
    if isinstance(exception, PageMissing):
        return _answer(request, 404, str(exception))
    return _answer(request, 404, f"there is nothing at {request.path}; the API is listed at /docs")


def too_large(request: HttpRequest, sentence: str) -> HttpResponse:
    """Answer a request whose body is not even read."""
    return _answer(request, 413, sentence)


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer after an error of ours; the traceback is in the log, never in the answer."""
    return _answer(
        request, 500, "something broke on the server; try again, or read in its log file what"
    )


def _answer(request: HttpRequest, status: int, sentence: str) -> HttpResponse:
    if _wants_json(request):
        return JsonResponse({"error": sentence}, status=status)
    context = {"title": _TITLES[status], "sentence": sentence, "status": status}
    return render(request, "error.html", context, status=status)


def _wants_json(request: HttpRequest) -> bool:
    # A script, or a panel of a page, which has no use for another page.
    if "Authorization" in request.headers or "HX-Request" in request.headers:
        return True
    accepted = request.headers.get("Accept", "")
    is_page_view = "text/html" in accepted  # as every browser's is
    if "application/json" in accepted and not is_page_view:
        return True
    if request.resolver_match and "dashboard" in request.resolver_match.app_names:
        return False  # a page may share its first segment with the API, as /registry/ does
    return not is_page_view or request.path.strip("/").partition("/")[0] in _api_segments()


@cache
def _api_segments() -> frozenset[str]:
    """Return the first segments of the API's paths, such as "jobs" and "tasks"."""
    from trainer.api import api  # the URL configuration loads it first

    patterns, *_ = api.urls
    return frozenset(str(pattern.pattern).partition("/")[0] for pattern in patterns) - {""}
