"""The milestone's own verification, as a person runs it."""

import os
import signal
import subprocess
import sys

import pytest

from acc.verification.system import throwaway_system
from tests.faults.system import ROOT

pytestmark = [pytest.mark.faults, pytest.mark.long]


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
    assert "19 of 19 checks passed" in run.stdout
    assert not list((ROOT / "acc" / "tasks").glob("dummy_*"))
    assert list(tmp_path.iterdir()) == []


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


def test_a_running_system_is_left_as_it_was_found_however_the_script_ends():
    with throwaway_system() as system:
        owner = system.client("mine")
        owner.post("/model/create", class_name="ConvVAE", config={}, experiment="mine")

        def found():
            active = [one["slug"] for one in owner.get("/experiments") if one["active"]]
            offered = [one["slug"] for one in owner.get("/experiments") if not one["archived_at"]]
            return active, offered, owner.get("/datasets"), list(system.tasks.glob("*.py"))

        def script(*checks):
            options = ["--url", system.address, "--token", system.token]
            options += ["--task-dir", str(system.tasks), "--only", *checks]
            return subprocess.Popen(
                [sys.executable, "-u", "-m", "acc.test_m2", *options],
                cwd=ROOT,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                # A test run in the background ignores Ctrl-C, and so would its children.
                preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509
            )

        before = found()
        passed = script("task_add", "refusals")
        told, _ = passed.communicate()
        assert passed.returncode == 0, told
        assert found() == before, told

        # While it reads, with much to come: this process may be slow to press Ctrl-C, and what was
        # asked just before that is still carried out.
        stopped = script("set_weight", "job_history", "evaluation", "reconstructions")
        for line in stopped.stdout:
            if "training live" in line:
                break
        stopped.send_signal(signal.SIGINT)
        told, _ = stopped.communicate()
        assert stopped.returncode == 130, told
        assert "left behind" not in told
        assert "Traceback" not in told
        assert found() == before, told

        without_files = script("hot_reload", "evaluation")
        for line in without_files.stdout:
            if "hot reload" in line:
                break
        without_files.send_signal(signal.SIGTERM)
        told, _ = without_files.communicate()
        assert without_files.returncode == 130, told
        assert found() == before, told
