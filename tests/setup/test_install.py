"""Setting up the environment, with a pip that only says what it was asked to do."""

import importlib.util
import json
import subprocess
import sys

import pytest
from django.conf import settings

INSTALLER = settings.BASE_DIR / "requirements" / "install.py"
PIP = """#!/bin/sh
case "$*" in
  *"-m pip"*install*) echo "$*" >> "$0.calls"; exit ${FAKE_PIP_CODE:-0} ;;
  *"-m pip"*list*) echo "[]" ;;
esac
"""


@pytest.fixture
def venv(tmp_path):
    """Return an environment whose Python is a shell script that writes down pip's calls."""
    python = tmp_path / "a venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text(PIP)
    python.chmod(0o755)
    return python.parent.parent


def install(venv, wanted, **more):
    return subprocess.run(
        [sys.executable, INSTALLER, venv, wanted],
        capture_output=True,
        text=True,
        check=False,
        **more,
    )


def calls(venv):
    path = venv / "bin" / "python.calls"
    return path.read_text().splitlines() if path.exists() else []


def test_packages_are_installed_once(venv):
    assert install(venv, "run.txt").returncode == 0
    second = install(venv, "run.txt")
    assert (second.returncode, second.stdout) == (0, "")
    assert len(calls(venv)) == 1


def test_a_changed_list_is_installed_again(venv):
    install(venv, "run.txt")
    stamp = venv / "acc-installed.json"
    stamp.write_text(json.dumps({"run.txt": "of another list"}))
    install(venv, "run.txt")
    assert len(calls(venv)) == 2


def test_the_developers_list_includes_the_other(venv):
    install(venv, "dev.txt")
    install(venv, "run.txt")
    assert len(calls(venv)) == 1


def test_a_failed_install_is_told_and_tried_again(venv):
    failed = install(venv, "run.txt", env={"FAKE_PIP_CODE": "1", "PATH": "/usr/bin:/bin"})
    assert failed.returncode == 1
    assert "could not be installed" in failed.stdout
    assert install(venv, "run.txt").returncode == 0


def test_a_directory_with_something_else_is_left_alone(tmp_path):
    (tmp_path / "thesis.tex").write_text("years of work")
    refused = install(tmp_path, "run.txt")
    assert refused.returncode == 2
    assert "no virtual environment of ACC's making" in refused.stdout
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]


def test_somebody_elses_broken_environment_is_left_alone(tmp_path):
    (tmp_path / "pyvenv.cfg").write_text("home = /usr/bin")
    assert install(tmp_path, "run.txt").returncode == 2
    assert [path.name for path in tmp_path.iterdir()] == ["pyvenv.cfg"]


def test_our_own_broken_environment_is_made_anew(monkeypatch, installer, tmp_path):
    (tmp_path / "pyvenv.cfg").write_text("home = /gone")
    (tmp_path / "acc-installed.json").write_text("{}")
    commands: list[list[str]] = []
    monkeypatch.setattr(installer.subprocess, "call", commands.append)
    assert installer.create(str(tmp_path))
    assert commands[0][1:] == ["-m", "venv", "--clear", str(tmp_path)]


def test_a_creation_that_failed_can_be_tried_again(monkeypatch, installer, tmp_path):
    monkeypatch.setattr(installer.subprocess, "call", lambda command: 1)
    assert not installer.create(str(tmp_path / "venv"))
    monkeypatch.setattr(installer.subprocess, "call", lambda command: 0)
    assert installer.create(str(tmp_path / "venv"))


def test_a_directory_that_may_not_be_made_is_named(tmp_path):
    (tmp_path / "file").touch()
    refused = install(tmp_path / "file" / "venv", "run.txt")
    assert refused.returncode == 2
    assert "cannot be used (Not a directory)" in refused.stdout
    assert "Traceback" not in refused.stderr


@pytest.fixture
def installer():
    spec = importlib.util.spec_from_file_location("installer", INSTALLER)
    assert spec is not None
    assert spec.loader is not None
    installer = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(installer)
    return installer


def test_an_old_python_is_refused_with_a_sentence(monkeypatch, capsys, installer, tmp_path):
    monkeypatch.setattr(installer.sys, "version_info", (3, 9, 2))
    assert installer.main(str(tmp_path / "venv"), "run.txt") == 2
    assert "ACC needs Python 3.11 or newer; this is Python 3.9." in capsys.readouterr().out
