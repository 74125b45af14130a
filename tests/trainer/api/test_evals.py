"""Evaluations through the API, carried out by the worker's own code."""

import base64

import pytest

from tests.trainer.rows import experiment_make

pytestmark = pytest.mark.django_db(transaction=True)

CONTRACT = {"id", "step", "checkpoint_id", "results"}


@pytest.fixture
def made(trainer_side, script):
    """An untrained model with two tasks on digits."""
    config = {"latent_dim": 8}
    script.post("/model/create", {"class_name": "ConvVAE", "config": config, "experiment": "mine"})
    script.post("/datasets/load_builtin", {"name": "digits", "image_size": 32})
    for class_name, name in (("ReconstructionTask", "recon"), ("ClassificationTask", "digit")):
        task = {"class_name": class_name, "name": name, "dataset_name": "digits"}
        assert script.post("/tasks/add", task).status_code == 200


def test_an_evaluation_waits_for_its_numbers_and_is_kept(made, script):
    answer = script.post("/eval/run")
    assert answer.status_code == 200, answer.content
    found = answer.json()
    assert set(found) >= CONTRACT
    assert (found["step"], found["checkpoint_id"]) == (0, None)
    assert 0 <= found["results"]["digit"]["accuracy"] <= 1
    assert set(found["results"]["recon"]) == {"l1", "psnr", "ssim"}
    assert script.get("/eval/history").json() == [found]


def test_the_history_is_newest_first_and_as_long_as_asked(made, script, refused):
    ids = [script.post("/eval/run").json()["id"] for _ in range(3)]
    assert [row["id"] for row in script.get("/eval/history?limit=2").json()] == ids[:0:-1]
    assert "'limit' must be at least 1" in refused(script.get("/eval/history?limit=0"), 400)


def test_without_a_trainer_nothing_is_evaluated_and_the_answer_says_what_to_do(script, refused):
    experiment_make("mine")
    assert "start it with" in refused(script.post("/eval/run"), 503)
    assert "no experiment 'other'" in refused(script.post("/eval/run", experiment="other"), 404)


def test_reconstructions_of_each_attached_dataset_or_of_a_named_one(made, script):
    answer = script.post("/eval/reconstructions")
    assert answer.status_code == 200, answer.content
    found = answer.json()
    assert set(found) >= {"originals", "reconstructions", "differences", "dataset", "step"}
    assert [len(found[kind]) for kind in ("originals", "reconstructions", "differences")] == [8] * 3
    assert base64.b64decode(found["originals"][0]).startswith(b"\x89PNG")
    assert list(found["datasets"]) == ["digits"]
    named = script.post("/eval/reconstructions", {"n": 2, "dataset": "digits"}).json()
    assert (len(named["originals"]), named["dataset"]) == (2, "digits")
    assert "datasets" not in named


@pytest.mark.parametrize(
    ("body", "status", "sentence"),
    [
        ({"n": 0}, 400, "'n' must be at least 1"),
        ({"n": 65}, 400, "'n' must be at most 64"),
        ({"n": "8"}, 400, "'n' must be a whole number"),
        ({"count": 8}, 400, "'count' is not a field of this call"),
        ({"dataset": "none"}, 404, "there is no dataset 'none'"),
    ],
)
def test_what_cannot_be_reconstructed_is_refused_in_a_sentence(
    script, refused, body, status, sentence
):
    experiment_make("mine")
    assert sentence in refused(script.post("/eval/reconstructions", body), status)
