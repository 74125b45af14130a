"""No secret in a log, on a page or in an answer: of a system that really runs."""

import os
import urllib.error
import urllib.request

import pytest

from tests.faults.system import TOKEN, System
from tests.setup.waiting import wait_until

pytestmark = pytest.mark.faults

PATHS = ("/openapi.json", "/health", "/tasks", "/datasets", "/no-such-page", "/jobs/x")


@pytest.fixture(scope="module")
def system(tmp_path_factory):
    made = System(tmp_path_factory.mktemp("secrets") / "home")
    made.home.mkdir()
    try:
        made.launch()
        # No trainer is needed; on a busy machine it is online much later.
        wait_until(lambda: made.said("ACC is ready"), "the web side answers", seconds=300)
        yield made
    finally:
        made.close()


def fetch(system: System, path: str, **headers: str) -> str:
    request = urllib.request.Request(f"http://127.0.0.1:{system.port}{path}", headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=90) as answer:
            return answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.read().decode()


def test_neither_logs_nor_answers_hold_a_secret(system):
    status, made = system.answer("POST", "/tokens", {"name": "watch", "scope": "operate"})
    assert status == 200
    secrets = {
        "the API token": TOKEN,
        "a named token": made["token"],
        "the secret key": (system.home / "secret-key").read_text().strip(),
    }
    assert len(secrets["the secret key"]) >= 50
    said = {path: fetch(system, path, Authorization=f"Bearer {TOKEN}") for path in PATHS}
    said |= {f"{path} to a page": fetch(system, path, Accept="text/html") for path in PATHS}
    # As a script asks that has mistaken where a token goes, or follows over a socket.
    for path in (f"/tasks?token={TOKEN}", f"/ws/live/?token={made['token']}"):
        fetch(system, path)
    fetch(system, "/tasks", Authorization=f"Bearer {made['token']}x")
    assert system.interrupt() == 0
    logs = [*(system.home / "logs").iterdir(), system.home.parent / f"{system.home.name}.log"]
    assert len(logs) >= 6
    said |= {log.name: log.read_text(errors="replace") for log in logs}
    found = [
        (place, name)
        for place, text in said.items()
        for name, secret in secrets.items()
        if secret in text
    ]
    assert found == []


def test_the_secret_key_is_for_its_owner_alone(system):
    key = system.home / "secret-key"
    assert key.stat().st_mode & 0o777 == 0o600
    assert key.stat().st_uid == os.getuid()
