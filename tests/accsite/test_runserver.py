"""The web side alone, on a directory that nothing was stored in yet."""

import json
import os
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError

import pytest

from acc.verification.ports import free_port
from tests.setup.waiting import wait_until
from trainer.processes.children import child_start


@contextmanager
def web_side(command: list[str], home: Path, port: int) -> Iterator[str]:
    """Run a command that serves the web side; give its address once it answers."""
    url = f"http://127.0.0.1:{port}"
    process = child_start(
        [sys.executable, *command],
        log=home.parent / "web.log",
        env={**os.environ, "ACC_HOME": str(home), "ACC_PORT": str(port)},
    )
    try:
        wait_until(lambda: answers(url), f"{url} answers")
        yield url
    finally:
        process.kill()
        process.wait()


def answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/sign-in/", timeout=60) as answer:
            return bool(answer.status == 200)
    except (URLError, OSError):
        return False


def call(url: str, token: str, body: dict[str, Any] | None = None) -> tuple[int, Any]:
    """Return the status and the JSON of an answer."""
    data = None if body is None else json.dumps(body).encode()
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    try:
        asked = urllib.request.Request(url, data=data, headers=headers)
        with urllib.request.urlopen(asked, timeout=60) as answer:
            return answer.status, json.load(answer)
    except HTTPError as error:
        return error.code, json.load(error)


@pytest.mark.parametrize(
    "command", ["manage.py runserver --noreload", "-m daphne -v 0 -p {port} A"]
)
def test_the_web_side_alone_says_that_the_trainer_is_offline(tmp_path, command):
    port, home = free_port(), tmp_path / "home"
    words = command.format(port=port).replace(" A", " accsite.asgi:application").split()
    with web_side(words, home, port) as url:
        token = (home / "api-token").read_text().strip()
        status, health = call(f"{url}/health", token)
        assert (status, health["status"], health["trainer"]) == (200, "ok", "offline")
        assert call(f"{url}/jobs", token) == (200, [])
        status, refusal = call(f"{url}/datasets/load_builtin", token, {"name": "digits"})
        assert status == 503
        assert "the trainer is offline" in refusal["error"]
