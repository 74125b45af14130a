"""Tests that cannot run here are skipped with advice, and never quietly in CI."""

import os
import subprocess
import sys

import pytest
from django.conf import settings

SKIPPED = """
import pytest

@pytest.mark.browser
def test_needs_a_browser():
    pass
"""


@pytest.fixture
def run(tmp_path):
    """Return a function that runs a test that needs Chromium where there is none."""
    test = settings.BASE_DIR / "tests" / "setup" / f"skipped_{os.getpid()}.py"
    test.write_text(SKIPPED)

    def run(**environment):
        return subprocess.run(
            [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", test],
            cwd=settings.BASE_DIR,
            env={**os.environ, "PATH": str(tmp_path), "CI": "", **environment},
            capture_output=True,
            text=True,
            check=False,
        )

    yield run
    test.unlink()


def test_a_missing_program_skips_with_a_line_on_how_to_get_it(run):
    ended = run()
    assert ended.returncode == 0
    assert "get it with: apt-get install chromium-headless-shell" in ended.stdout


def test_a_skip_fails_in_ci(run):
    ended = run(CI="true")
    assert ended.returncode == 1
    assert "1 skipped, which counts as failed" in ended.stdout
