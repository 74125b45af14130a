"""Runs the tests of the page's pure modules with Node."""

import subprocess
from pathlib import Path

import pytest

HERE = Path(__file__).parent


@pytest.mark.node
@pytest.mark.parametrize("file", sorted(HERE.glob("*.test.mjs")), ids=lambda file: file.name)
def test_the_pages_modules_do_what_their_tests_say(file):
    finished = subprocess.run(
        ["node", "--test", str(file)], capture_output=True, text=True, timeout=60, check=False
    )
    assert finished.returncode == 0, finished.stdout + finished.stderr
