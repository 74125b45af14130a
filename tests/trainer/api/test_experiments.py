"""Experiments through the API: which there are, which one is meant, out of sight and back."""

import pytest

from tests.trainer.rows import experiment_make

pytestmark = pytest.mark.django_db


def _states(script):
    listed = script.get("/experiments").json()
    return [(one["slug"], one["active"], one["archived_at"] is not None) for one in listed]


def test_an_experiment_is_made_active_archived_and_brought_back(script):
    for slug in ("first", "second"):
        experiment_make(slug)
    assert _states(script) == [("second", True, False), ("first", False, False)]

    assert script.post("/experiments/first/activate").json()["active"]
    assert script.get("/model/describe").json()["experiment"] == "first"
    assert script.post("/experiments/second/archive").json()["archived_at"]
    assert _states(script) == [("first", True, False), ("second", False, True)]
    assert script.post("/experiments/second/bring_back").json()["archived_at"] is None


def test_what_cannot_be_is_refused_in_a_sentence(script, refused):
    experiment_make("only")
    assert "make another one first" in refused(script.post("/experiments/only/archive"), 409)
    assert "'nobody'" in refused(script.post("/experiments/nobody/activate"), 404)
    experiment_make("other")
    assert script.post("/experiments/only/archive").status_code == 200
    assert "bring it back first" in refused(script.post("/experiments/only/activate"), 409)
