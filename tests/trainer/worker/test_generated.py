"""Generated data is the same data wherever and whenever it is needed."""

import hashlib
import os

import pytest
import torch
from django.conf import settings

from acc.dataset import DatasetError
from trainer.models import Dataset, Source
from trainer.services.artifacts import artifacts_sweep
from trainer.services.registry import registry_store
from trainer.worker.answers import dataset_generate
from trainer.worker.build import dataset_build

pytestmark = pytest.mark.django_db

TEXT = """import torch
from acc.dataset import AccDataset
from acc.generators.base import Generator

class NoiseGenerator(Generator):
    def generate(self):
        images = torch.rand(self.count, 1, self.image_size, self.image_size, generator=SOURCE)
        return AccDataset(images, name=self.name, seed=self.seed)
"""
HONEST = TEXT.replace("SOURCE", "self._random()")
FORGETFUL = TEXT.replace("SOURCE", "None")


def noise_make(text=HONEST, **params):
    """Have a generator of this text make a small dataset; return its row."""
    sha256 = hashlib.sha256(text.encode()).hexdigest()
    Source.objects.get_or_create(sha256=sha256, defaults={"text": text})
    source = {"registry": "generators", "class_name": "NoiseGenerator", "file": "/gone/noise.py"}
    answer = dataset_generate(
        {
            "source": {**source, "sha256": sha256},
            "params": {"count": 20, "image_size": 8, **params},
            "name": None,
            "short_name": "noise",
        }
    )
    return Dataset.objects.get(name=answer["name"])


@pytest.fixture(autouse=True)
def own_place(settings, tmp_path):
    """A place for dataset files that no other test shares."""
    settings.DATASET_DIR = tmp_path / "datasets"


def test_channels_that_no_picture_has_are_refused_before_anything_stands_on_them():
    with pytest.raises(DatasetError, match="images have 4 channels"):
        noise_make(HONEST.replace("self.count, 1,", "self.count, 4,"))
    assert not Dataset.objects.exists()


def test_data_is_read_from_its_file_and_made_again_where_that_is_missing_or_cut_short():
    row = noise_make()
    (file,) = settings.DATASET_DIR.iterdir()
    assert file.stem == row.content_hash
    read = dataset_build(row.name, row.spec)
    file.write_bytes(file.read_bytes()[:100])
    mended = dataset_build(row.name, row.spec)
    file.unlink()
    made = dataset_build(row.name, row.spec)
    assert read.name == made.name == "noise"
    assert {d.content_hash() for d in (read, mended, made)} == {row.content_hash}
    assert torch.equal(read.train_indices, made.train_indices)
    assert [path.name for path in settings.DATASET_DIR.iterdir()] == [file.name]


def test_what_a_killed_process_began_to_write_is_removed_later():
    place = settings.DATASET_DIR
    place.mkdir()
    left, present = place / ".one.safetensors.1.tmp", place / ".two.safetensors.2.tmp"
    for path in (left, present):
        path.write_bytes(b"half")
    os.utime(left, (0, 0))
    row = noise_make()
    artifacts_sweep()
    assert {path.name for path in place.iterdir()} == {
        present.name,
        f"{row.content_hash}.safetensors",
    }


def test_a_file_with_other_pixels_is_not_believed():
    row, other = noise_make(), noise_make(seed=1)
    place = settings.DATASET_DIR
    altered = (place / f"{other.content_hash}.safetensors").read_bytes()
    (place / f"{row.content_hash}.safetensors").write_bytes(altered)
    assert dataset_build(row.name, row.spec).content_hash() == row.content_hash


def test_a_generator_that_forgets_its_seed_is_found_out_instead_of_changing_the_data():
    row = noise_make(FORGETFUL)
    kept = dataset_build(row.name, row.spec)
    assert kept.content_hash() == row.content_hash
    for file in settings.DATASET_DIR.iterdir():
        file.unlink()
    with pytest.raises(DatasetError, match="makes other data than at first"):
        dataset_build(row.name, row.spec)


def test_a_generator_that_returns_something_else_is_refused():
    with pytest.raises(DatasetError, match=r"generate returned int; it has to return an AccD"):
        noise_make(
            HONEST.replace("return AccDataset(images, name=self.name, seed=self.seed)", "return 5")
        )


def test_an_edited_generator_makes_other_data_and_the_old_data_stays_what_it_was():
    old = noise_make()
    new = noise_make(HONEST.replace("self._random()", "self._random().manual_seed(99)"))
    assert (old.name, new.name) == ("noise", "noise-2")
    for file in settings.DATASET_DIR.iterdir():
        file.unlink()
    registry_store(registry="generators", offers=[], errors=[])
    assert dataset_build(old.name, old.spec).content_hash() == old.content_hash
