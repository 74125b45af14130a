"""Looks at a latent through the API, made by the worker's own code."""

import base64
import io

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client
from PIL import Image

from tests.trainer.rows import experiment_make
from trainer.models import Call, LatentView

pytestmark = pytest.mark.django_db(transaction=True)

PATH = "/eval/latent"
LATENT_WIDTH = 6


@pytest.fixture(autouse=True)
def _own_room(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def made(trainer_side, script):
    """An untrained model with a task on digits."""
    config = {"latent_dim": LATENT_WIDTH}
    script.post("/model/create", {"class_name": "ConvVAE", "config": config, "experiment": "mine"})
    script.post("/datasets/load_builtin", {"name": "digits", "image_size": 32})
    task = {"class_name": "ReconstructionTask", "name": "recon", "dataset_name": "digits"}
    assert script.post("/tasks/add", task).status_code == 200


def size_of(image):
    """Return the width and the height of a picture as the API sends it."""
    return Image.open(io.BytesIO(base64.b64decode(image))).size


def sheet_size(columns, rows):
    """Return how large a sheet of images of 32 x 32 is."""
    return columns * 34 - 2, rows * 34 - 2


def test_a_look_shows_ways_units_samples_and_a_plane(made, script):
    answer = script.post(PATH)
    assert answer.status_code == 200, answer.content
    found = answer.json()
    told = (found["experiment"], found["dataset"], found["step"], found["checkpoint_id"])
    assert told == ("mine", "digits", 0, None)
    (group,) = found["groups"]
    assert (group["name"], group["start"], group["end"]) == ("latent", 0, LATENT_WIDTH)
    assert group["low"] == -group["high"] < 0
    assert size_of(group["image"]) == sheet_size(9, 4)
    assert found["has_prior"] is True
    assert found["unit_count"] == LATENT_WIDTH
    assert sorted(unit["index"] for unit in found["units"]) == list(range(LATENT_WIDTH))
    kls = [unit["kl_nats"] for unit in found["units"]]
    assert kls == sorted(kls, reverse=True)
    assert found["dead_count"] == sum(unit["is_dead"] for unit in found["units"])
    assert found["units_drawn"] == [unit["index"] for unit in found["units"]]
    assert size_of(found["units_image"]) == sheet_size(9, LATENT_WIDTH)
    assert size_of(found["samples_image"]) == sheet_size(8, 3)
    plane = found["plane"]
    assert plane["target_type"] == "classes"
    assert len(plane["points"]) == len(plane["targets"]) == min(500, found["image_count"])
    assert 1 >= plane["shares"][0] >= plane["shares"][1] >= 0
    # Files' names are the site's own affair.
    assert "sheet" not in answer.content.decode()


def test_rows_columns_and_dataset_are_those_asked_for(made, script):
    body = {"seeds": 16, "steps": 3, "dataset": "digits"}
    found = script.post(PATH, body, experiment="mine").json()
    assert size_of(found["groups"][0]["image"]) == sheet_size(3, 16)
    assert size_of(found["units_image"])[0] == sheet_size(3, 1)[0]


@pytest.mark.parametrize(
    ("body", "status", "sentence"),
    [
        ({"seeds": 0}, 400, "'seeds' must be at least 1"),
        ({"seeds": 17}, 400, "'seeds' must be at most 16"),
        ({"steps": 2}, 400, "'steps' must be at least 3"),
        ({"steps": 22}, 400, "'steps' must be at most 21"),
        ({"steps": 9.0}, 400, "'steps' must be a whole number"),
        ({"seeds": "4"}, 400, "'seeds' must be a whole number"),
        ({"rows": 4}, 400, "'rows' is not a field of this call"),
        ({"dataset": ""}, 400, "'dataset' must not be empty"),
        ({"dataset": "none"}, 404, "there is no dataset 'none'"),
        ({"checkpoint_id": 999}, 404, "experiment 'mine' has no checkpoint 999"),
        ({"checkpoint_id": 2**70}, 404, "experiment 'mine' has no checkpoint"),
        ({"checkpoint_id": -1}, 404, "experiment 'mine' has no checkpoint -1"),
        ([], 400, "object"),
    ],
)
def test_what_cannot_be_looked_at_is_refused_in_a_sentence(script, refused, body, status, sentence):
    experiment_make("mine")
    assert sentence in refused(script.post(PATH, body), status)
    assert not Call.objects.exists()


def test_without_a_trainer_or_an_experiment_the_answer_says_what_to_do(script, refused):
    assert "make one with POST /model/create" in refused(script.post(PATH), 404)
    experiment_make("mine")
    assert "start it with" in refused(script.post(PATH), 503)
    assert "no experiment 'other'" in refused(script.post(PATH, experiment="other"), 404)


def test_without_a_task_the_refusal_says_what_to_attach(made, script, refused):
    script.post("/tasks/recon/remove")
    sentence = refused(script.post(PATH), 400)
    assert sentence == "no dataset is attached; attach a task, or name the dataset"
    assert script.post(PATH, {"dataset": "digits"}).status_code == 200


def test_images_of_another_size_than_the_models_are_refused(made, script, refused):
    params = {"count": 20, "image_size": 16}
    body = {"generator_name": "shapes", "params": params}
    generated = script.post("/generators/generate", body)
    assert generated.status_code == 200, generated.content
    sentence = refused(script.post(PATH, {"dataset": generated.json()["name"]}), 400)
    assert "16" in sentence
    assert "32" in sentence
    assert not LatentView.objects.exists()


def test_a_viewer_has_nothing_looked_at(transactional_db, refused):
    experiment_make("mine")
    vera = User.objects.create_user("vera")
    vera.groups.add(Group.objects.get(name="viewer"))
    page = Client(raise_request_exception=False)
    page.force_login(vera)
    sentence = refused(page.post(PATH, {}, content_type="application/json"), 403)
    assert "look and change nothing" in sentence
    assert not Call.objects.exists()


def test_without_credentials_nothing_is_looked_at(transactional_db, client, refused):
    experiment_make("mine")
    assert "Bearer TOKEN" in refused(client.post(PATH, {}, content_type="application/json"), 401)
    assert not Call.objects.exists()
