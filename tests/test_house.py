"""Rules of the house that no linter holds: short files, said purposes, templates that compile."""

import ast
from pathlib import Path

import pytest
from django.conf import settings
from django.template.loader import get_template

ROOT: Path = settings.BASE_DIR
ROOMS = ("accsite", "acc", "benchmarks", "dashboard", "tests", "trainer")
LONGEST_FILE, LONGEST_FUNCTION = 300, 60


def _modules():
    found = [ROOT / "manage.py", ROOT / "requirements" / "install.py"]
    for room in ROOMS:
        found += (ROOT / room).rglob("*.py")
    return [path for path in found if "migrations" not in path.parts]


def _named(paths, root):
    return {str(path.relative_to(root)): path for path in sorted(paths)}


MODULES = _named(_modules(), ROOT)
TEMPLATES = _named((ROOT / "templates").rglob("*.html"), ROOT / "templates")
STATIC = ROOT / "dashboard" / "static" / "dashboard"
PAGE_FILES = _named([*STATIC.rglob("*.css"), *STATIC.rglob("*.js")], STATIC)
PARTIALS = {name: path for name, path in TEMPLATES.items() if name.startswith("partials/")}


def _says_its_purpose_first(source):
    module = ast.parse(source)
    after_shebang = 2 if source.startswith("#!") else 1
    return bool(ast.get_docstring(module)) and module.body[0].lineno == after_shebang


def _long_functions(source):
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    nodes = [node for node in ast.walk(ast.parse(source)) if isinstance(node, functions)]
    return [n.name for n in nodes if (n.end_lineno or 0) - n.lineno >= LONGEST_FUNCTION]


def test_every_module_says_first_of_all_what_it_is_for():
    assert [n for n, path in MODULES.items() if not _says_its_purpose_first(path.read_text())] == []


def test_every_file_is_read_in_one_sitting():
    files = MODULES | TEMPLATES | PAGE_FILES
    lengths = {name: len(path.read_text().splitlines()) for name, path in files.items()}
    assert {name: length for name, length in lengths.items() if length > LONGEST_FILE} == {}


def test_no_function_needs_scrolling():
    long = {name: _long_functions(path.read_text()) for name, path in MODULES.items()}
    assert {name: functions for name, functions in long.items() if functions} == {}


@pytest.mark.parametrize("name", TEMPLATES)
def test_a_template_compiles(name):
    assert get_template(name)


def test_every_partial_names_what_it_needs_and_who_swaps_it():
    heads = {name: path.read_text()[:1500] for name, path in PARTIALS.items()}
    assert heads
    assert [n for n, head in heads.items() if "Needs:" not in head or "Swapped" not in head] == []
