"""docs/security.md names a test for each promise; every named test exists."""

import ast
import re

from django.conf import settings

DOCUMENT = settings.BASE_DIR / "docs" / "security.md"
NAMED = re.compile(r"`(tests/[\w/]+\.py)::(test_\w+)`")


def names_in(path):
    module = ast.parse((settings.BASE_DIR / path).read_text())
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    return {node.name for node in ast.walk(module) if isinstance(node, functions)}


def test_every_test_that_the_document_names_exists():
    named = NAMED.findall(DOCUMENT.read_text())
    assert len(named) > 30
    files = {path for path, _ in named if (settings.BASE_DIR / path).is_file()}
    known = {(path, name) for path in files for name in names_in(path)}
    assert sorted(set(named) - known) == []


def test_every_line_of_a_threat_names_a_test():
    rows = [line for line in DOCUMENT.read_text().splitlines() if line.startswith("| ")]
    threats = [line for line in rows if line.count("|") == 4 and "---" not in line]
    promised = [line for line in threats if not line.startswith("| what is tried")]
    assert len(promised) > 25
    assert [line for line in promised if not NAMED.search(line)] == []
