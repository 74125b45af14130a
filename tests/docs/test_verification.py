"""docs/verification.md names tests and checks that exist, and none of the script's is left out."""

import ast
import re

import pytest

from tests.faults.system import ROOT
from tests.tools.break_features.table import BREAKAGES

PAGE = (ROOT / "docs" / "verification.md").read_text()
NAMED = sorted(set(re.findall(r"(tests/[\w/]+\.py)::(\w+)", PAGE)))


def test_the_page_names_tests():
    assert len(NAMED) > 20


@pytest.mark.parametrize(("file", "name"), NAMED)
def test_a_test_that_the_page_names_exists(file, name):
    tree = ast.parse((ROOT / file).read_text())
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    assert name in {node.name for node in ast.walk(tree) if isinstance(node, functions)}


def test_the_checks_that_the_page_names_are_the_scripts():
    rows = [line.split("|")[2].strip() for line in PAGE.splitlines() if line.startswith("| ")]
    named = {word.strip() for cell in rows for word in cell.split(",") if word.strip()}
    # Read, not imported: its WebSocket client and the server's do not live in one process.
    script = (ROOT / "acc" / "verification" / "checks.py").read_text()
    checks = re.findall(r"^    \w+\.(\w+),$", script, flags=re.MULTILINE)
    known = {check.replace("_", " ") for check in checks}
    assert named - known == {"---", "check of `acc.test_m2`", f"all {len(checks)}"}


def test_the_page_lists_what_is_broken_on_purpose():
    rows = [breakage.as_row() for breakage in BREAKAGES]
    assert [line for line in PAGE.splitlines() if line in rows] == rows
