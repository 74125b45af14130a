"""Somebody who is signed in, as the server sees a browser: one connection, cookies, forms."""

import gzip
import http.client
import time
from dataclasses import dataclass
from http import HTTPStatus
from http.cookies import SimpleCookie
from urllib.parse import urlencode, urlsplit

PATIENCE_SECONDS = 60.0
REDIRECTS = (301, 302)


@dataclass(frozen=True)
class Answer:
    """What came back, and after how many seconds all of it was there."""

    status: int
    seconds: float
    body: bytes

    @property
    def text(self) -> str:
        """The body as text."""
        return self.body.decode(errors="replace")


class Visitor:
    """Asks pages and calls of one address, and stays signed in.

    Args:
        sign_in_link: a one-time link, used at once.

    Raises:
        RuntimeError: the link does not sign in.
    """

    def __init__(self, sign_in_link: str) -> None:
        place = urlsplit(sign_in_link)
        assert place.hostname is not None
        self._link = http.client.HTTPConnection(
            place.hostname, place.port or 80, timeout=PATIENCE_SECONDS
        )
        self._cookies: dict[str, str] = {}
        self._kept: dict[str, tuple[str, bytes]] = {}  # as a browser's cache, with their ETags
        answer = self.get(place.path)
        if answer.status not in REDIRECTS:
            raise RuntimeError(f"the link does not sign in: {answer.status}")

    def get(self, path: str, *, is_partial: bool = False) -> Answer:
        """Ask for a page, a partial of one, or an answer of the API."""
        return self._ask("GET", path, None, {"HX-Request": "true"} if is_partial else {})

    def send(self, path: str, **fields: object) -> Answer:
        """Send a form as htmx does, with the CSRF token."""
        token = next((v for name, v in self._cookies.items() if "csrf" in name), "")
        headers = {
            "HX-Request": "true",
            "X-CSRFToken": token,
            "Content-Type": "application/x-www-form-urlencoded",
        }
        return self._ask("POST", path, urlencode(fields).encode(), headers)

    def close(self) -> None:
        """Hang up; the next question connects again."""
        self._link.close()

    def _ask(self, method: str, path: str, body: bytes | None, headers: dict[str, str]) -> Answer:
        """Ask once; a connection that the server closed meanwhile is made anew."""
        cookie = "; ".join(f"{name}={value}" for name, value in self._cookies.items())
        headers = {**headers, "Accept-Encoding": "gzip", "Cookie": cookie}
        mark, kept = self._kept.get(path, ("", b"")) if method == "GET" else ("", b"")
        if mark:
            headers["If-None-Match"] = mark
        began = time.perf_counter()
        for is_last in (False, True):
            try:
                self._link.request(method, path, body=body, headers=headers)
                response = self._link.getresponse()
                content = response.read()
                break
            except (http.client.RemoteDisconnected, ConnectionError):
                self._link.close()
                if is_last:
                    raise
        seconds = time.perf_counter() - began
        for header in response.headers.get_all("Set-Cookie", []):
            self._cookies |= {name: crumb.value for name, crumb in SimpleCookie(header).items()}
        if response.headers.get("Content-Encoding") == "gzip":
            content = gzip.decompress(content)
        if response.status == HTTPStatus.NOT_MODIFIED:
            return Answer(HTTPStatus.OK, seconds, kept)
        if mark := response.headers.get("ETag", ""):
            self._kept[path] = (mark, content)
        return Answer(response.status, seconds, content)
