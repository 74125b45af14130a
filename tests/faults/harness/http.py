"""Calls of the API whose answers are kept, whatever they are."""

import http.client
import json
import threading
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from typing import Any

CALL_SECONDS = 100.0
_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


@dataclass(frozen=True)
class Answer:
    """What came of a call.

    Attributes:
        status: None where nobody answered.
        body: what was answered, from JSON; None where it was no JSON.
        text: the beginning of the answer as it came.
        why: the token that tells this call from all others, kept with the command.
    """

    method: str
    path: str
    status: int | None
    body: Any = None
    text: str = ""
    why: str = ""
    at: float = 0.0
    seconds: float = 0.0

    @property
    def is_good(self) -> bool:
        """Whether it was done."""
        return self.status == 200


@dataclass
class Caller:
    """Calls one web side, from any thread, and keeps what it answers."""

    port: int
    token: str
    answers: list[Answer] = field(default_factory=list)
    began: float = field(default_factory=time.monotonic)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def ask(
        self, method: str, path: str, body: dict[str, Any] | None = None, *, why: str = ""
    ) -> Answer:
        """Call; the answer is kept for the end."""
        began = time.monotonic()
        status, content = self._exchange(method, path, body)
        answer = Answer(
            method=method,
            path=path,
            status=status,
            body=_json(content),
            text=content[:400].decode(errors="replace"),
            why=why,
            at=began - self.began,
            seconds=time.monotonic() - began,
        )
        with self._lock:
            self.answers.append(answer)
        return answer

    def get(self, path: str) -> Any:
        """Return what a GET gives; None where it is not answered well."""
        answer = self.ask("GET", path)
        return answer.body if answer.is_good else None

    def _exchange(
        self, method: str, path: str, body: dict[str, Any] | None
    ) -> tuple[int | None, bytes]:
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}{path}",
            method=method,
            data=None if method == "GET" else json.dumps(body or {}).encode(),
            headers={"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"},
        )
        try:
            with _OPENER.open(request, timeout=CALL_SECONDS) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read()
        except (OSError, http.client.HTTPException) as error:
            return None, str(error).encode()


def _json(content: bytes) -> Any:
    try:
        return json.loads(content)
    except ValueError:
        return None
