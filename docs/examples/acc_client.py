"""A client of ACC in one file, on Python's standard library alone: copy it into your project.

from acc_client import Acc

acc = Acc("http://127.0.0.1:8000", token="...", experiment="digits")
job = acc.start(steps=500)
for point in acc.follow(job["id"]):
    print(point.step, point.task, point.loss)
print(acc.evaluate()["results"])
"""

from __future__ import annotations

import base64
import json
import os
import socket
import ssl
import struct
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Self, TypedDict
from urllib.parse import quote, urlencode, urlsplit

ENDED = frozenset({"completed", "stopped", "failed"})
CALL_SECONDS = 90.0
# Without a word for so long, the connection is taken for dead and opened anew.
SILENCE_SECONDS = 30.0
# The server drops messages for who says what it has read and is far behind; then it tells of a gap.
ACKNOWLEDGE_EVERY = 20


class Refused(Exception):
    """ACC said no; the text is its own sentence."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status


class Job(TypedDict):
    """A job, as far as this client looks at it; the API gives more."""

    id: int
    experiment: str
    state: str
    total_steps: int
    current_step: int
    error: str | None


class Evaluation(TypedDict):
    """What the tasks measured: {task: {metric: value}}."""

    id: int
    step: int
    results: dict[str, dict[str, float | None]]


@dataclass(frozen=True)
class Loss:
    """One task's loss at one step; None stands for a number that is not finite."""

    step: int
    task: str
    loss: float | None
    total: float | None


class Acc:
    """A running ACC, seen from a script."""

    def __init__(self, url: str, *, token: str, experiment: str = "") -> None:
        self.url = url.rstrip("/")
        self.token = token
        self.experiment = experiment

    def start(self, *, steps: int, **settings: Any) -> Job:
        """Start a job; `settings` are lr, probe_lr, batch_size, schedule, seed, eval_every."""
        job: Job = self.post("/train/start", steps=steps, **settings)
        return job

    def job(self, job_id: int) -> Job:
        """Return a job as it is now."""
        job: Job = self.get(f"/jobs/{job_id}")
        return job

    def set_weight(self, task: str, weight: float, *, why: str = "") -> None:
        """Change a task's weight, from the running job's next step on."""
        self.post(f"/tasks/{quote(task, safe='')}/set_weight", weight=weight, why=why)

    def stop(self) -> Job:
        """Stop the running job; its state is kept."""
        job: Job = self.post("/train/stop")
        return job

    def evaluate(self) -> Evaluation:
        """Have every enabled task measured now, beside the training."""
        found: Evaluation = self.post("/eval/run")
        return found

    def losses(self, job_id: int, *, after_step: int = 0) -> list[Loss]:
        """Return every stored point after a step, in order."""
        points = self.get(f"/jobs/{job_id}/loss_history", after_step=after_step)
        return [
            Loss(point["step"], point["task_name"], point["task_loss"], point["total_loss"])
            for point in points
        ]

    def follow(self, job_id: int) -> Iterator[Loss]:
        """Yield every point of a job as it comes, each step once, until the job has ended.

        The database is the truth and the socket only brings it sooner: after every connection and
        every gap the missing points are fetched. A job that goes on after a crash repeats the
        steps after its last checkpoint; these come again, and replace those before.
        """
        last = 0
        while True:
            try:
                with _Socket(self._live_url()) as live:
                    for point in self._follow_once(job_id, last, live):
                        last = point.step
                        yield point
                    return
            except OSError:
                self.job(job_id)  # tells whether ACC is there at all; it fails where it is not

    def get(self, path: str, **query: object) -> Any:
        """Return the answer to a GET; raises Refused."""
        return self._call(path, query, None)

    def post(self, path: str, **body: object) -> Any:
        """Return the answer to a POST of a JSON object; raises Refused."""
        return self._call(path, {}, json.dumps(body).encode())

    def _follow_once(self, job_id: int, last: int, live: _Socket) -> Iterator[Loss]:
        ended = False
        seq: int | None = None
        fetch = True
        while True:
            if fetch:
                # The state first, the points second: what is stored between the two is not missed.
                # The message of the job's end may be among those that are.
                ended = self.job(job_id)["state"] in ENDED
                for point in self.losses(job_id, after_step=last):
                    last = point.step
                    yield point
            if ended:
                return
            message = live.read()
            fetch = message["type"] == "gap"
            if message.get("job") != job_id:
                continue
            fetch = seq is not None and message["seq"] != seq + 1
            seq = message["seq"]
            if message["type"] == "job":
                last = min(last, message.get("resumed_from", last))
                fetch = True
            elif message["type"] == "loss" and not fetch:
                fetch = message["first_step"] > last + 1
                for point in [] if fetch else _points(message, after_step=last):
                    last = point.step
                    yield point

    def _live_url(self) -> str:
        query = urlencode({"experiment": self.experiment, "token": self.token})
        return f"{self.url.replace('http', 'ws', 1)}/ws/live/?{query}"

    def _call(self, path: str, query: dict[str, object], body: bytes | None) -> Any:
        if self.experiment:
            query = {"experiment": self.experiment, **query}
        request = urllib.request.Request(  # noqa: S310  # the address that the caller named
            f"{self.url}{path}?{urlencode(query)}",
            data=body,
            headers={"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"},
        )
        try:
            with urllib.request.urlopen(request, timeout=CALL_SECONDS) as answer:  # noqa: S310
                return json.load(answer)
        except urllib.error.HTTPError as error:
            with error:
                raise Refused(error.code, json.load(error)["error"]) from None


def _points(message: dict[str, Any], *, after_step: int) -> Iterator[Loss]:
    """Yield a live message's points; a task that took no part in a step has no point there."""
    odd = {(one["step"], one["task_name"]) for one in message.get("nonfinite", [])}
    for place, total in enumerate(message["total"]):
        step = message["first_step"] + place
        for task, values in message["series"].items():
            if step > after_step and (values[place] is not None or (step, task) in odd):
                yield Loss(step, task, values[place], total)


class _Socket:
    """A WebSocket that reads JSON texts (RFC 6455), as much of it as ACC's messages need."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        secure = parts.scheme == "wss"
        port = parts.port or (443 if secure else 80)
        raw = socket.create_connection((parts.hostname or "", port), timeout=SILENCE_SECONDS)
        context = ssl.create_default_context() if secure else None
        self._socket = context.wrap_socket(raw, server_hostname=parts.hostname) if context else raw
        self._stream = self._socket.makefile("rb")
        self._count = 0
        key = base64.b64encode(os.urandom(16)).decode()
        self._socket.sendall(
            f"GET {parts.path}?{parts.query} HTTP/1.1\r\nHost: {parts.netloc}\r\n"
            f"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            f"Sec-WebSocket-Key: {key}\r\n\r\n".encode()
        )
        status = self._stream.readline()
        while self._stream.readline() not in (b"\r\n", b""):
            pass
        if b" 101 " not in status:
            raise ConnectionError(f"no WebSocket: {status.decode(errors='replace').strip()}")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stream.close()
        self._socket.close()

    def read(self) -> dict[str, Any]:
        """Return the next message; raises OSError once the connection is gone."""
        text = b""
        while True:
            head, length = self._exactly(2)
            if length == 126:
                (length,) = struct.unpack(">H", self._exactly(2))
            elif length == 127:
                (length,) = struct.unpack(">Q", self._exactly(8))
            payload = self._exactly(length)
            opcode = head & 0x0F
            if opcode == 8:
                raise ConnectionError(payload[2:].decode(errors="replace") or "closed")
            if opcode == 9:
                self._send(10, payload)
            elif opcode in (0, 1):
                text += payload
                if head & 0x80:
                    self._acknowledge()
                    message: dict[str, Any] = json.loads(text)
                    return message

    def _acknowledge(self) -> None:
        self._count += 1
        if self._count % ACKNOWLEDGE_EVERY == 0:
            self._send(1, json.dumps({"ack": self._count}).encode())

    def _send(self, opcode: int, payload: bytes) -> None:
        mask = os.urandom(4)
        hidden = bytes(byte ^ mask[at % 4] for at, byte in enumerate(payload))
        self._socket.sendall(bytes([0x80 | opcode, 0x80 | len(payload)]) + mask + hidden)

    def _exactly(self, count: int) -> bytes:
        found = self._stream.read(count)
        if len(found) < count:
            raise ConnectionError("the connection ended")
        return found
