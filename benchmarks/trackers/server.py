"""A tool's own server, run for as long as it is asked something. Standard library only."""

import contextlib
import gzip
import http
import http.client
import os
import signal
import subprocess
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

START_SECONDS = 120.0
STOP_SECONDS = 20.0
# No tool is to tell anybody that it runs.
QUIET = {"DO_NOT_TRACK": "1", "MLFLOW_DISABLE_TELEMETRY": "1", "AIM_UI_TELEMETRY_ENABLED": "0"}


@dataclass(frozen=True)
class Answer:
    """An answer; `size_bytes` is as it was sent, `body` unpacked."""

    seconds: float
    size_bytes: int
    body: bytes


def ask(port: int, path: str, form: dict[str, str] | None = None) -> Answer:
    """Ask a server of this machine as a browser does: a GET, or a POST of a form.

    Raises:
        RuntimeError: it answers something else than 200.
    """
    headers = {"Accept-Encoding": "gzip"}
    if form:
        headers["Content-Type"] = "application/x-www-form-urlencoded"
    began = time.perf_counter()
    link = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
    with contextlib.closing(link):
        link.request("POST" if form else "GET", path, urlencode(form) if form else None, headers)
        answer = link.getresponse()
        body = answer.read()
    seconds = time.perf_counter() - began
    if answer.status != http.HTTPStatus.OK:
        raise RuntimeError(f"{path}: {answer.status} {body[:300]!r}")
    packed = answer.getheader("Content-Encoding") == "gzip"
    return Answer(seconds, len(body), gzip.decompress(body) if packed else body)


@contextlib.contextmanager
def server(command: Sequence[str], *, port: int, path: str, log: Path) -> Iterator[None]:
    """Run a server that answers on a port of this machine; it and its children end afterwards.

    Args:
        path: of a page that answers once the server is ready.
    """
    with log.open("wb") as lines:
        process = subprocess.Popen(
            command,
            env={**os.environ, **QUIET},
            stdin=subprocess.DEVNULL,
            stdout=lines,
            stderr=lines,
            start_new_session=True,
        )
    try:
        give_up_at = time.monotonic() + START_SECONDS
        while not _answers(port, path):
            if time.monotonic() > give_up_at or process.poll() is not None:
                raise RuntimeError(f"{command[0]} does not start: {log.read_text()[-2000:]}")
            time.sleep(0.1)
        yield
    finally:
        _end(process)


def _answers(port: int, path: str) -> bool:
    try:
        ask(port, path)
    except (OSError, http.client.HTTPException, RuntimeError):
        return False
    return True


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a server with all that it started: the group outlives its leader."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(timeout=STOP_SECONDS)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
