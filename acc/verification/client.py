"""A client of a running ACC: HTTP calls and live messages, nothing else."""

from __future__ import annotations

import contextlib
import json
import signal
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from types import FrameType
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

if TYPE_CHECKING:
    from acc.verification.live import Live

CALL_SECONDS = 90.0
LOOK_SECONDS = 0.05  # more often, the asking would take the processor from what is waited for
# About what fits into two seconds. Where a look takes long, so does what is waited for.
FEWEST_LOOKS = 25
# Straight to the server, whatever proxy the environment names.
_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class RefusedError(Exception):
    """The server refused a call.

    Attributes:
        status: the HTTP status.
        sentence: what the server says is wrong; "" where it does not say so in the API's shape.
    """

    def __init__(self, path: str, status: int, body: bytes) -> None:
        """Keep what was asked and what was answered."""
        self.status = status
        self.sentence = _sentence(body)
        super().__init__(
            f"{path}: {status}: {self.sentence or body[:200].decode(errors='replace')}"
        )


class Client:
    """Calls the API with a token.

    Args:
        address: where the site is, "http://host:port".
        experiment: the slug that calls act on.
    """

    def __init__(self, address: str, token: str, experiment: str) -> None:
        self.address = address.rstrip("/")
        self.token = token
        self.experiment = experiment

    def get(self, path: str, **query: object) -> Any:
        """Return the answer to a GET, as JSON; raises RefusedError."""
        return self._call(path, query, None)

    def post(self, path: str, **body: object) -> Any:
        """Return the answer to a POST of a JSON object; raises RefusedError.

        Ctrl-C waits for the answer: else what was asked for could happen after it was put away.
        """
        with _ctrl_c_afterwards():
            return self._call(path, {}, json.dumps(body).encode())

    def strangers_status(self, path: str, *, method: str = "GET", token: str = "") -> int:
        """Return the status that a stranger's call gets, redirections not followed."""
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        request = urllib.request.Request(  # noqa: S310  # the site's own address
            self.address + path, method=method, headers=headers
        )
        try:
            with _STRANGER.open(request, timeout=CALL_SECONDS) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            return error.code

    def live(self, experiment: str | None = None, *, token: str | None = None) -> Live:
        """Return a connection to the live messages of an experiment, "" for the active one.

        Args:
            token: another one than the client's own.
        """
        # Here, since importing it ties the process to asyncio, and Daphne's tests to Twisted.
        from acc.verification.live import Live

        return Live(self.live_url(experiment, token=token))

    def live_url(self, experiment: str | None = None, *, token: str | None = None) -> str:
        """Return where the live messages of an experiment are, "" for the active one."""
        slug = self.experiment if experiment is None else experiment
        ws = self.address.replace("http", "ws", 1)
        return f"{ws}/ws/live/?experiment={slug}&token={quote(token or self.token)}"

    def _call(self, path: str, query: dict[str, object], body: bytes | None) -> Any:
        asked = {"experiment": self.experiment, **query}
        text = "&".join(f"{name}={quote(str(value))}" for name, value in asked.items())
        request = urllib.request.Request(  # noqa: S310  # the site's own address
            f"{self.address}{path}?{text}",
            data=body,
            headers={
                "Authorization": f"Bearer {self.token}",
                "Content-Type": "application/json",
            },
        )
        try:
            with _OPENER.open(request, timeout=CALL_SECONDS) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            raise RefusedError(path, error.code, error.read()) from error


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        return None


_STRANGER = urllib.request.build_opener(urllib.request.ProxyHandler({}), _NoRedirect())


def wait_for(fact: Callable[[], Any], *, seconds: float, what: str) -> Any:
    """Return what `fact` gives once that is true.

    Raises:
        AssertionError: it is not within so many seconds, in which a busy machine, that is slow to
            answer, has not looked often either; names `what`.
    """
    began, looks = time.monotonic(), 1
    while not (found := fact()):
        waited = time.monotonic() - began
        if waited > seconds and looks >= FEWEST_LOOKS:
            raise AssertionError(f"{what}: not within {waited:.1f} s")
        time.sleep(LOOK_SECONDS)
        looks += 1
    return found


@contextlib.contextmanager
def _ctrl_c_afterwards() -> Iterator[None]:
    """Have a Ctrl-C take effect at the end of the block; a second one does so at once."""
    if threading.current_thread() is not threading.main_thread():  # which no signal reaches
        yield
        return
    handler = signal.getsignal(signal.SIGINT)
    if not callable(handler):
        yield
        return
    came: list[FrameType | None] = []

    def keep(number: int, frame: FrameType | None) -> None:
        came.append(frame)
        if len(came) > 1:
            handler(number, frame)

    signal.signal(signal.SIGINT, keep)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, handler)
    if came:
        handler(signal.SIGINT, came[0])


def _sentence(body: bytes) -> str:
    try:
        answer = json.loads(body)
    except ValueError:
        return ""
    told = answer.get("error") if isinstance(answer, dict) and len(answer) == 1 else None
    return told if isinstance(told, str) else ""
