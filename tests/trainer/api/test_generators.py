"""Datasets from generators through the API, made by the worker's own code."""

import pytest
from django.conf import settings

from tests.setup.classes import shipped_classes_store
from trainer.models import Dataset

pytestmark = pytest.mark.django_db(transaction=True)

SMALL = {"count": 40, "image_size": 16, "seed": 3}


@pytest.fixture
def generate(trainer_side, script):
    """Ask for a dataset."""

    def ask(generator_name, **params):
        body = {"generator_name": generator_name, "params": params}
        return script.post("/generators/generate", body)

    return ask


def test_a_generated_dataset_is_listed_shown_and_kept_with_what_made_it(generate, script):
    made = generate("ShapesGenerator", **SMALL)
    assert made.status_code == 200, made.content
    facts = made.json()
    assert (facts["name"], facts["size"], facts["image_shape"]) == ("shapes", 40, [1, 16, 16])
    assert (facts["target_type"], facts["num_classes"]) == ("classes", 5)
    assert script.get("/datasets").json() == [facts]
    assert len(script.get("/datasets/shapes/sample?n=2").json()["images"]) == 2
    spec = Dataset.objects.get(name="shapes").spec
    assert (spec["params"], spec["seed"]) == (SMALL, 3)
    assert spec["content_hash"] == facts["content_hash"]
    assert len(spec["source"]["sha256"]) == 64


def test_what_is_asked_twice_is_made_once_and_other_data_gets_another_name(generate, script):
    first = generate("shapes", **SMALL).json()
    assert generate("ShapesGenerator", **SMALL).json() == first
    other = generate("shapes", **SMALL | {"seed": 4}).json()
    assert other["name"] == "shapes-2"
    assert other["content_hash"] != first["content_hash"]
    assert [row["name"] for row in script.get("/datasets").json()] == ["shapes", "shapes-2"]


def test_a_name_of_ones_own_is_kept_and_not_given_to_other_data(generate, refused):
    assert generate("slant", name="leaning", **SMALL).json()["name"] == "leaning"
    answer = generate("slant", name="leaning", **SMALL | {"seed": 4})
    assert "'leaning'" in refused(answer, 400)
    assert "a dataset's name begins with" in refused(generate("slant", name="../up"), 400)


@pytest.mark.parametrize(
    ("generator_name", "params", "words"),
    [
        ("nonsense", {}, "there are: ShapesGenerator, SlantGenerator, ThicknessGenerator"),
        ("shapes", {"radius": 2}, "ShapesGenerator has no parameter 'radius'; it has: count"),
        ("shapes", {"count": "many"}, "count of ShapesGenerator must be a whole number"),
        ("shapes", {"count": True}, "must be a whole number"),
        ("shapes", {"min_size": 10**400}, "min_size of ShapesGenerator must be a finite number"),
        ("shapes", {"count": 1}, "count must be a whole number from 2 to 200,000, not 1"),
        ("shapes", {"min_size": 0.9, "max_size": 0.2}, "min_size (0.9) must not be above"),
        ("shapes", {"count": 200_000, "image_size": 256}, "GiB is the limit"),
    ],
)
def test_parameters_that_do_not_fit_are_refused_in_a_sentence(
    generate, refused, generator_name, params, words
):
    assert words in refused(generate(generator_name, **params), 400)
    assert not Dataset.objects.exists()


def test_without_a_trainer_a_dataset_cannot_be_made(script, refused):
    shipped_classes_store()
    answer = script.post("/generators/generate", {"generator_name": "shapes", "params": {}})
    assert "the trainer is offline" in refused(answer, 503)


def test_a_task_is_attached_to_generated_data_and_its_file_may_go(generate, script):
    generate("shapes", **SMALL | {"image_size": 32})
    for file in settings.DATASET_DIR.iterdir():
        file.unlink()
    script.post("/model/create", {"class_name": "ConvVAE", "config": {}, "experiment": "mine"})
    task = {"class_name": "ClassificationTask", "dataset_name": "shapes"}
    assert script.post("/tasks/add", task).json()["name"] == "classification-shapes"
