"""Recipes through the API: run, looked at, stopped, refused."""

import pytest

from tests.trainer.rows import offer_make
from trainer.models import RecipeRun
from trainer.services.recipe_life import recipe_claim
from trainer.services.recipes import recipe_start
from trainer.services.registry import registry_store
from trainer.services.workers import worker_name

STEPS = {"name": "steps", "type": "int", "default": 5, "required": False, "description": "Many."}
CONTRACT = {
    "id",
    "recipe_name",
    "state",
    "current_phase",
    "phases_completed",
    "checkpoints_created",
    "error",
}

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def offered(db):
    offer = offer_make("FoldRecipe", module="fold", file="/mine/fold.py", parameters=[STEPS])
    registry_store(registry="recipes", offers=[offer], errors=[])


@pytest.mark.parametrize("name", ["FoldRecipe", "fold"])
def test_a_recipe_is_run_by_its_class_or_its_files_name(script, name):
    answer = script.post(f"/recipes/{name}/run", {"params": {"steps": 7}})
    assert answer.status_code == 200, answer.content
    told = answer.json()
    assert told.keys() >= CONTRACT
    assert (told["recipe_name"], told["state"], told["params"]) == (
        "FoldRecipe",
        "queued",
        {"steps": 7},
    )
    assert (told["phases_completed"], told["checkpoints_created"]) == ([], [])
    assert script.get("/recipes").json() == [told]
    assert script.get("/recipes/current").json() == told
    run = RecipeRun.objects.get()
    assert (run.source["file"], run.by) == ("/mine/fold.py", "operator")


def test_a_body_is_not_needed(script):
    assert script.post("/recipes/fold/run").json()["params"] == {}


def test_runs_are_told_newest_first_and_by_experiment(script, experiment):
    first = script.post("/recipes/fold/run").json()
    script.post("/recipes/stop")
    second = script.post("/recipes/fold/run").json()
    assert (first["experiment"], second["experiment"]) == ("small", "small")
    assert [run["id"] for run in script.get("/recipes").json()] == [second["id"], first["id"]]
    assert len(script.get("/recipes", limit=1, experiment="small").json()) == 1


def test_a_second_recipe_in_one_experiment_is_refused(script, refused, experiment):
    run = script.post("/recipes/fold/run").json()
    sentence = refused(script.post("/recipes/fold/run"), 409)
    assert sentence == (
        f"recipe run {run['id']} is under way in experiment 'small'; "
        "stop it or wait for its end first"
    )


def test_a_waiting_run_is_stopped_at_once_a_running_one_is_asked_to(script, refused):
    script.post("/recipes/fold/run")
    assert script.post("/recipes/stop").json()["state"] == "stopped"
    assert refused(script.post("/recipes/stop"), 409) == "no recipe is being run"
    run = recipe_start(recipe_name="fold")
    recipe_claim(run.pk, worker=worker_name())
    assert script.post("/recipes/stop").json()["state"] == "running"
    run.refresh_from_db()
    assert (run.stop_asked_by, run.stop_asked_at is None) == ("operator", False)


@pytest.mark.parametrize(
    ("call", "status", "words"),
    [
        (["/recipes/none/run"], 404, "no recipe is called 'none'; there are: FoldRecipe"),
        (["/recipes/fold/run", {"params": {"stepz": 1}}], 400, "has no parameter 'stepz'"),
        (["/recipes/fold/run", {"params": {"steps": "x"}}], 400, "must be a whole number"),
        (["/recipes/fold/run", {"steps": 1}], 400, "'steps' is not a field of this call"),
        (["/recipes/fold/run?experiment=none"], 404, "there is no experiment 'none'"),
    ],
)
def test_what_cannot_be_run_is_refused_in_a_sentence(script, refused, call, status, words):
    assert words in refused(script.post(*call), status)
    assert not RecipeRun.objects.exists()


def test_before_the_first_run_there_is_no_current_one(script, refused):
    assert "no recipe was run yet" in refused(script.get("/recipes/current"), 404)
    assert script.get("/recipes").json() == []
