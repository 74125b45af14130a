"""How large the body of a request may be, and what becomes of it before a view sees it."""

import io
from collections.abc import Callable
from typing import Any

from daphne import http_protocol
from django.conf import settings
from django.http import HttpRequest, HttpResponse

from accsite.errors import too_large

_AROUND_A_FILE = 1024**2  # the other fields of its form
# Daphne hands a whole body over in one go, while nobody else is served.
_READ_BYTES = 1024**2


def body_limit() -> int:
    """Return how many bytes a body may have."""
    return settings.ACC_UPLOAD_MB * 1024**2 + _AROUND_A_FILE


class BodyLimitMiddleware:
    """Refuse a body beyond the limit by what its Content-Length says."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer the request, or answer 413."""
        length = request.headers.get("Content-Length", "")
        size, limit = int(length) if length.isdecimal() else 0, body_limit()
        if size > limit:
            return too_large(
                request,
                f"the request has {size:,} bytes, and {limit:,} are the limit; "
                "ACC_UPLOAD_MB allows more",
            )
        return self._get_response(request)


class BoundedRequest(http_protocol.WebRequest):  # type: ignore[misc]
    """A request to Daphne whose body is neither kept beyond the limit nor taken apart.

    Twisted would parse each form that is posted, for `request.args`, which nobody reads here: in
    memory, many times the size of a file in it, on the thread of the event loop, and whoever sent
    it. What is beyond the limit is read, so that the sender comes to hear the answer, and dropped.
    """

    content: Any  # a file; Twisted leaves its type open

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, parsePOSTFormSubmission=False, **kwargs)
        self._received = 0

    def handleContentChunk(self, data: bytes) -> None:  # noqa: N802  # Twisted's name
        """Keep a part of the body that is within the limit."""
        self._received += len(data)
        if self._received <= body_limit():
            super().handleContentChunk(data)

    def process(self) -> Any:
        """Hand the request to the application; without its body where that is too large."""
        if self._received > body_limit():
            self.content.close()
            self.content = io.BytesIO()
            # What came in chunks did not say how long it is.
            self.requestHeaders.setRawHeaders(b"Content-Length", [b"%d" % self._received])
        self.server.request_buffer_size = _READ_BYTES  # its command line has no option for it
        return super().process()
