"""The Content-Security-Policy header: nothing from elsewhere, no inline script."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

_COMMON = (
    "default-src 'self'; img-src 'self' data: blob:; object-src 'none'; base-uri 'self'; "
    "form-action 'self'; frame-ancestors 'none'; connect-src 'self'; "
)
# Style attributes carry colours and widths of bars; style elements and sheets are files.
PAGES = _COMMON + "script-src 'self'; style-src 'self'; style-src-attr 'unsafe-inline'"
# The admin theme evaluates the expressions of its templates (Alpine), the API's page styles itself.
THEMED = _COMMON + "script-src 'self' 'unsafe-eval'; style-src 'self' 'unsafe-inline'"
_THEMED_PATHS = ("/admin/", "/docs")


class ContentSecurityPolicyMiddleware:
    """Set the header on every answer that does not carry one of its own."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer the request and add the policy that fits its path."""
        response = self._get_response(request)
        policy = THEMED if request.path.startswith(_THEMED_PATHS) else PAGES
        response.headers.setdefault("Content-Security-Policy", policy)
        return response
