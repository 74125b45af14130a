"""How large the body of a request may be, and what becomes of it before a view sees it."""

import io
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from accsite.backpressure import PacedRequest
from accsite.errors import permission_denied, too_large
from trainer.api.auth import unauthenticated
from trainer.services.roles import Credentials, Need, NotAllowed, access_require
from trainer.services.tokens import bearer_of

_AROUND_A_FILE = 1024**2  # the other fields of its form
# Daphne hands a whole body over in one go, while nobody else is served.
_READ_BYTES = 1024**2


def body_limit(path: str) -> int:
    """Return how many bytes a body may have that is posted to an address."""
    if path in settings.ACC_UPLOAD_PATHS:
        return settings.ACC_UPLOAD_MB * 1024**2 + _AROUND_A_FILE
    return int(settings.ACC_BODY_BYTES)


class BodyLimitMiddleware:
    """Refuse a body beyond the limit by what its Content-Length says."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer the request, or answer 413."""
        length = request.headers.get("Content-Length", "")
        size, limit = int(length) if length.isdecimal() else 0, body_limit(request.path_info)
        if size > limit:
            takes_files = request.path_info in settings.ACC_UPLOAD_PATHS
            more = "; ACC_UPLOAD_MB allows more" if takes_files else " at this address"
            sentence = f"the request has {size:,} bytes, and {limit:,} are the limit{more}"
            return too_large(request, sentence)
        return self._get_response(request)


class KnownUploaderMiddleware:
    """Take a file from nobody but who may add data: looking for its CSRF token reads all of it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer the request, or answer 401 or 403 with the body unread."""
        if request.method == "POST" and request.path_info in settings.ACC_UPLOAD_PATHS:
            caller = _caller_of(request)
            if caller is None:
                return unauthenticated()
            try:
                access_require(caller, Need.STEER)
            except NotAllowed as refused:
                return permission_denied(request, refused)
        return self._get_response(request)


def _caller_of(request: HttpRequest) -> Credentials | None:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer" and (bearer := bearer_of(token)):
        return bearer
    return Credentials(request.user) if request.user.is_authenticated else None


class BoundedRequest(PacedRequest):
    """A request to Daphne whose body is neither kept beyond the limit nor taken apart.

    Twisted would parse each form that is posted, for `request.args`, which nobody reads here: in
    memory, many times the size of a file in it, on the thread of the event loop, and whoever sent
    it. What is beyond the limit is read, so that the sender comes to hear the answer, and dropped.
    """

    content: Any  # a file; Twisted leaves its type open

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, parsePOSTFormSubmission=False, **kwargs)
        self._received = 0
        self._limit = 0

    def gotLength(self, length: int | None) -> None:  # noqa: N802  # Twisted's name
        """Learn, once the headers are there, where the body is posted to."""
        super().gotLength(length)
        address = unquote(self.channel._path.partition(b"?")[0].decode("latin1"))
        self._limit = body_limit(address)

    def handleContentChunk(self, data: bytes) -> None:  # noqa: N802  # Twisted's name
        """Keep a part of the body that is within the limit."""
        self._received += len(data)
        if self._received <= self._limit:
            super().handleContentChunk(data)

    def process(self) -> Any:
        """Hand the request to the application; without its body where that is too large."""
        if self._received > self._limit:
            self.content.close()
            self.content = io.BytesIO()
            # What came in chunks did not say how long it is.
            self.requestHeaders.setRawHeaders(b"Content-Length", [b"%d" % self._received])
        self.server.request_buffer_size = _READ_BYTES  # its command line has no option for it
        return super().process()
