"""Datasets that people bring, through the API."""

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from tests.setup.trainer import trainer_stays
from tests.trainer.rows import dataset_make
from trainer.models import Call, Dataset, TaskCard

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def image_dir(settings, tmp_path) -> Path:
    """The operator's directory of images, with one folder of two classes."""
    settings.DATASET_DIR = tmp_path / "datasets"
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.ACC_IMAGE_DIRS = [tmp_path / "images"]
    for label, name in enumerate(("cats", "dogs")):
        folder = tmp_path / "images" / "animals" / name
        folder.mkdir(parents=True)
        for number in range(6):
            Image.new("L", (20, 12), 40 * number + label).save(folder / f"{number}.png")
    return Path(tmp_path / "images")


def npz(**arrays: Any) -> SimpleUploadedFile:
    """Return a file as a person would upload it."""
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)
    return SimpleUploadedFile("shapes.npz", buffer.getvalue())


def upload(script, **fields):
    """Send a form with a file."""
    return script.client.post("/datasets/import_npz", fields)


@pytest.mark.usefixtures("trainer_side")
def test_a_folder_becomes_a_dataset_that_no_longer_needs_the_folder(script, image_dir):
    answer = script.post("/datasets/import_folder", {"path": "animals", "image_size": 16})
    row = answer.json()
    assert answer.status_code == 200, row
    assert (row["name"], row["size"], row["num_classes"]) == ("animals", 12, 2)
    assert (row["image_shape"], row["target_type"]) == ([1, 16, 16], "classes")
    for path in sorted(image_dir.rglob("*"), reverse=True):
        path.unlink() if path.is_file() else path.rmdir()
    assert len(script.get("/datasets/animals/sample", n=3).json()["images"]) == 3


@pytest.mark.usefixtures("trainer_side")
def test_each_bad_file_is_named_and_the_rest_can_go_on_without_them(script, image_dir, refused):
    (image_dir / "animals/cats/notes.txt").write_text("miau")
    (image_dir / "animals/dogs/cut.png").write_bytes(
        (image_dir / "animals/dogs/0.png").read_bytes()[:40]
    )
    sentence = refused(script.post("/datasets/import_folder", {"path": "animals"}), 400)
    head, second = sentence.split("; ")
    assert head.startswith("2 of 14 files cannot be used: cats/notes.txt: is no image")
    assert second.startswith("dogs/cut.png: ")
    asked = {"path": "animals", "skip_bad": True}
    assert script.post("/datasets/import_folder", asked).json()["size"] == 12
    assert len(Dataset.objects.get().spec["skipped"]) == 2


@pytest.mark.usefixtures("trainer_side")
def test_a_folder_without_images_is_left_out_and_told(script, image_dir):
    (image_dir / "animals/cows/young").mkdir(parents=True)
    row = script.post("/datasets/import_folder", {"path": "animals"}).json()
    assert (row["num_classes"], row["empty_folders"]) == (2, ["cows"])
    assert script.get("/datasets").json() == [row]


@pytest.mark.usefixtures("trainer_side")
def test_no_path_leaves_the_operators_directory(script, image_dir, refused):
    outside = image_dir.parent / "secret"
    (outside / "cats").mkdir(parents=True)
    (image_dir / "link").symlink_to(outside)
    for path in ("../secret", str(outside), "link", "animals/../../secret"):
        sentence = refused(script.post("/datasets/import_folder", {"path": path}), 400)
        assert "ACC_IMAGE_DIRS" in sentence
        # What is elsewhere is not told from what is nowhere.
        nowhere = refused(script.post("/datasets/import_folder", {"path": f"{path}-not"}), 400)
        assert sentence.replace(path, f"{path}-not") == nowhere
    assert not Dataset.objects.exists()


def test_who_asks_on_and_on_is_told_to_wait(script, refused):
    dataset_make("digits")
    trainer_stays()
    waiting = [Call(kind="dataset_sample", payload={"n": n}, by="operator") for n in range(50)]
    Call.objects.bulk_create(waiting)
    sentence = refused(script.get("/datasets/digits/sample"), 429)
    assert "wait for the trainer already" in sentence


@pytest.mark.usefixtures("trainer_side")
def test_an_upload_becomes_a_dataset_and_is_not_kept_itself(script):
    images = np.arange(20 * 64, dtype=np.uint8).reshape(20, 8, 8)
    answer = upload(script, name="mine", file=npz(images=images, targets=np.linspace(0, 1, 20)))
    row = answer.json()
    assert answer.status_code == 200, row
    assert (row["name"], row["size"], row["target_type"]) == ("mine", 20, "float")
    assert default_storage.listdir("uploads")[1] == []


@pytest.mark.usefixtures("trainer_side")
def test_an_upload_without_a_name_is_called_as_its_file(script):
    answer = upload(script, file=npz(images=np.zeros((4, 8, 8), np.uint8)))
    assert answer.json()["name"] == "shapes"


@pytest.mark.usefixtures("trainer_side")
def test_a_pickle_is_refused_and_an_upload_beyond_the_limit_is_not_even_read(
    script, settings, refused
):
    loaded = np.array([{"a": 1}, {"b": 2}], dtype=object)
    sentence = refused(upload(script, name="mine", file=npz(images=loaded)), 400)
    assert "pickles never are" in sentence
    settings.ACC_UPLOAD_MB = 0
    images = np.zeros((4, 8, 8), np.uint8)
    assert "ACC_UPLOAD_MB" in refused(upload(script, name="mine", file=npz(images=images)), 400)
    assert not Dataset.objects.exists()


def test_a_dataset_in_use_is_not_deleted_and_the_sentence_says_by_what(script, experiment, refused):
    sentence = refused(script.post("/datasets/digits/delete"), 409)
    assert "is used by experiment 'small' (recon, digit); remove" in sentence
    TaskCard.objects.all().delete()
    assert script.post("/datasets/digits/delete").json() == {"removed": "digits"}
    assert "there is no dataset" in refused(script.post("/datasets/digits/delete"), 404)


def test_a_dataset_that_a_job_trains_on_is_not_deleted(script, running, refused):
    TaskCard.objects.all().delete()
    sentence = refused(script.post("/datasets/digits/delete"), 409)
    assert f"experiment 'small' (job {running.pk})" in sentence


def test_a_file_stays_as_long_as_another_dataset_has_the_same_data(script, settings):
    settings.DATASET_DIR.mkdir()
    file = settings.DATASET_DIR / f"{'0' * 64}.safetensors"
    file.write_bytes(b"data")
    dataset_make("one")
    dataset_make("two")
    script.post("/datasets/one/delete")
    assert file.exists()
    script.post("/datasets/two/delete")
    assert not file.exists()
