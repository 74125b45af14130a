"""The milestone's own verification, as a person runs it."""

import os
import subprocess
import sys

import pytest

from tests.faults.system import ROOT

pytestmark = pytest.mark.faults


@pytest.mark.timeout(300)
def test_the_milestone_is_verified_and_nothing_is_left_behind(tmp_path):
    run = subprocess.run(
        [sys.executable, "-m", "acc.test_m2"],
        cwd=ROOT,
        env=os.environ | {"TMPDIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    assert "17 of 17 checks passed" in run.stdout
    assert not list((ROOT / "acc" / "tasks").glob("dummy_*"))
    assert not [path for path in tmp_path.iterdir() if path.name.startswith("acc-m2-")]


def test_a_system_that_is_not_there_is_told_in_a_sentence(tmp_path):
    run = subprocess.run(
        [sys.executable, "-m", "acc.test_m2", "--url", "http://127.0.0.1:9", "--token", "x"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 1
    assert run.stdout.startswith("the system cannot be verified: ")
    assert "Connection refused" in run.stdout
    assert "Traceback" not in run.stdout + run.stderr
