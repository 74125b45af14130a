"""A client of a running ACC: HTTP calls and live messages, nothing else."""

from __future__ import annotations

import asyncio
import json
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from typing import Any, Self
from urllib.parse import quote

from autobahn.asyncio.websocket import WebSocketClientFactory, WebSocketClientProtocol

CALL_SECONDS = 90.0
LOOK_SECONDS = 0.02
# Straight to the server, whatever proxy the environment names.
_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class RefusedError(Exception):
    """The server refused a call.

    Attributes:
        status: the HTTP status.
        sentence: what the server says is wrong.
    """

    def __init__(self, path: str, status: int, sentence: str) -> None:
        """Keep what was asked and what was answered."""
        super().__init__(f"{path}: {status}: {sentence}")
        self.status = status
        self.sentence = sentence


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
        """Return the answer to a POST of a JSON object; raises RefusedError."""
        return self._call(path, {}, json.dumps(body).encode())

    def refusal(self, path: str, **body: object) -> RefusedError | None:
        """Return how a POST is refused; None where it is not."""
        try:
            self.post(path, **body)
        except RefusedError as refusal:
            return refusal
        return None

    def status_without_credentials(self, path: str) -> int:
        """Return the status that a stranger's GET gets, redirections not followed."""
        request = urllib.request.Request(self.address + path)  # noqa: S310  # the site's own address
        try:
            with _STRANGER.open(request, timeout=CALL_SECONDS) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            return error.code

    def live(self, experiment: str | None = None) -> Live:
        """Return a connection to the live messages of an experiment, "" for the active one."""
        slug = self.experiment if experiment is None else experiment
        ws = self.address.replace("http", "ws", 1)
        return Live(f"{ws}/ws/live/?experiment={slug}&token={quote(self.token)}")

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
            raise RefusedError(path, error.code, _sentence(error.read())) from error


class Live:
    """Live messages as they come, collected by a thread; a context manager.

    Attributes:
        messages: what came so far.
        opened: set once no message can be missed any more.
    """

    def __init__(self, url: str) -> None:
        self.messages: list[dict[str, Any]] = []
        self._loop = asyncio.new_event_loop()
        self.opened = threading.Event()
        self._factory = _CollectorFactory(url)  # type: ignore[no-untyped-call]
        self._factory.loop = self._loop
        self._factory.live = self
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Self:
        """Connect.

        Raises:
            ConnectionError: the server does not take the connection.
        """
        self._thread.start()
        if not self.opened.wait(timeout=10):
            raise ConnectionError("the WebSocket does not open within 10 s")
        return self

    def __exit__(self, *_: object) -> None:
        """Hang up."""
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(timeout=10)

    def of_type(self, kind: str) -> list[dict[str, Any]]:
        """Return the messages of one type that came so far."""
        return [message for message in list(self.messages) if message["type"] == kind]

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        connection = self._loop.create_connection(
            self._factory, self._factory.host, self._factory.port
        )
        self._loop.run_until_complete(connection)
        self._loop.run_forever()


class _Collector(WebSocketClientProtocol):
    factory: _CollectorFactory

    def onOpen(self) -> None:  # noqa: N802
        self.factory.live.opened.set()

    def onMessage(self, payload: bytes, isBinary: bool) -> None:  # noqa: N802
        self.factory.live.messages.append(json.loads(payload))


class _CollectorFactory(WebSocketClientFactory):
    protocol = _Collector
    live: Live


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        return None


_STRANGER = urllib.request.build_opener(urllib.request.ProxyHandler({}), _NoRedirect())


def wait_for(fact: Callable[[], Any], *, seconds: float, what: str) -> Any:
    """Return what `fact` gives once that is true.

    Raises:
        AssertionError: it is not within so many seconds; names `what`.
    """
    deadline = time.monotonic() + seconds
    while not (found := fact()):
        if time.monotonic() > deadline:
            raise AssertionError(f"{what}: not within {seconds:g} s")
        time.sleep(LOOK_SECONDS)
    return found


def _sentence(body: bytes) -> str:
    try:
        return str(json.loads(body)["error"])
    except (ValueError, KeyError, TypeError):
        return body.decode(errors="replace")[:200]
