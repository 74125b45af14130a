"""The examples of docs/api.md, run as they are written against a real running system."""

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from docs.examples.acc_client import Acc, Refused
from tests.faults.system import ROOT, TOKEN, System

pytestmark = pytest.mark.faults

PAGE = (ROOT / "docs" / "api.md").read_text()


def blocks(language: str) -> str:
    """Return the page's code in one language, in order."""
    found = re.findall(rf"^```{language}\n(.*?)^```$", PAGE, flags=re.DOTALL | re.MULTILINE)
    assert found
    return "\n".join(found)


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    made = System(tmp_path_factory.mktemp("examples") / "home")
    made.home.mkdir()
    try:
        made.start()
        yield made
    finally:
        made.close()


@pytest.fixture(scope="module")
def followed(system: System) -> str:
    return system.experiment("followed")


@pytest.fixture
def acc(system: System, followed: str) -> Acc:
    return Acc(f"http://127.0.0.1:{system.port}", token=TOKEN, experiment=followed)


def test_the_curl_examples_then_the_python_example_work_as_written(system: System, tmp_path: Path):
    assert shutil.which("curl"), "the examples need curl"
    address = f"http://127.0.0.1:{system.port}"
    shell = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", blocks("sh")],
        env={"PATH": "/usr/bin:/bin", "ACC": address, "TOKEN": TOKEN, "no_proxy": "*"},
        capture_output=True,
        text=True,
        timeout=500,
        check=False,
    )
    assert shell.returncode == 0, shell.stdout[-2000:] + shell.stderr
    assert '"reconstructions"' in shell.stdout
    script = tmp_path / "example.py"
    script.write_text(f"URL, TOKEN = {address!r}, {TOKEN!r}\n{blocks('python')}")
    python = subprocess.run(
        [sys.executable, script],
        env={"PYTHONPATH": str(ROOT / "docs" / "examples"), "no_proxy": "*"},
        capture_output=True,
        text=True,
        timeout=500,
        check=False,
    )
    assert python.returncode == 0, python.stderr
    first, *_ = python.stdout.splitlines()
    assert first.startswith("409 job ")
    assert "completed at step 200" in python.stdout
    assert "accuracy" in python.stdout


def test_following_gives_every_stored_point_once_also_where_the_socket_breaks(
    system: System, acc: Acc
):
    job = acc.start(steps=400, batch_size=16)
    followed = []
    for point in acc.follow(job["id"]):
        followed.append(point)
        if point.step == 100 and len(followed) % 3 == 0:
            system.valkey().kill()  # messages are lost; the supervisor starts another
    assert followed == acc.losses(job["id"])
    assert followed[-1].step == 400


def test_a_refusal_is_the_servers_own_sentence(acc: Acc):
    with pytest.raises(Refused, match="no task named 'nobody'") as refusal:
        acc.set_weight("nobody", 1.0)
    assert refusal.value.status == 404


def test_somebody_without_the_token_is_refused(acc: Acc):
    with pytest.raises(Refused) as refusal:
        Acc(acc.url, token="wrong").job(1)
    assert refusal.value.status == 401
