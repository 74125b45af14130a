"""The classes on offer and their files, through the API."""

import pytest

from tests.trainer.rows import offer_make
from trainer.services.registry import registry_store

pytestmark = pytest.mark.django_db

CLASS_KEYS = {
    "class_name",
    "description",
    "module",
    "file",
    "source_sha256",
    "parameters",
    "requires",
}
ERROR_KEYS = {"registry", "file", "line", "error", "traceback", "since", "last_good"}


@pytest.mark.parametrize("registry", ["tasks", "models", "generators", "recipes"])
def test_every_registry_lists_its_classes(script, registry):
    parameter = {"name": "n", "type": "int", "default": 3, "required": False, "description": "."}
    registry_store(
        registry=registry, offers=[offer_make("Mine", parameters=[parameter])], errors=[]
    )
    (listed,) = script.get(f"/registry/{registry}").json()
    assert set(listed) >= CLASS_KEYS
    assert (listed["class_name"], listed["parameters"]) == ("Mine", [parameter])


def test_a_broken_file_is_listed_with_what_is_wrong(script):
    error = {"file": "/t/a.py", "line": 2, "error": "no", "traceback": "x", "last_good": False}
    registry_store(registry="tasks", offers=[], errors=[error])
    (listed,) = script.get("/registry/errors").json()
    assert set(listed) == ERROR_KEYS
    assert {key: listed[key] for key in error} == error


def test_the_text_of_a_version_is_found_by_its_hash(script, refused):
    offer = offer_make("Mine", source="class Mine: ...\n")
    registry_store(registry="tasks", offers=[offer], errors=[])
    shown = script.get(f"/registry/sources/{offer['source_sha256']}").json()
    assert (shown["text"], shown["files"]) == (offer["source"], [offer["file"]])
    assert "is stored" in refused(script.get("/registry/sources/abc"), 404)
