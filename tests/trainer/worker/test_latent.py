"""A look at a latent: what is stored of it, from which state, and for every kind of model."""

import io
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from django.core.files.storage import default_storage
from PIL import Image

from tests.trainer.rows import offer_make
from tests.trainer.worker.conftest import task_attach_now
from trainer.models import (
    Call,
    Checkpoint,
    Dataset,
    Experiment,
    Job,
    LatentView,
    Registry,
    TaskCard,
)
from trainer.selectors.reconstructions import PICTURE_ROOM, picture_names, picture_read
from trainer.services.latents import LatentWish, latent_send
from trainer.services.registry import registry_store
from trainer.services.sources import sources_of
from trainer.worker.answer import call_answer
from trainer.worker.answers import dataset_load, model_create
from trainer.worker.latent import latent_look
from trainer.worker.run import job_run

pytestmark = [pytest.mark.portable, pytest.mark.usefixtures("valkey")]

NOW: dict[str, Any] = {
    "experiment": "small",
    "dataset": None,
    "checkpoint": None,
    "seeds": 2,
    "steps": 5,
    "by": "ada",
    "call": 0,
}
MODELS: dict[str, dict[str, Any]] = {
    "Autoencoder": {"latent_dim": 4},
    "ConvVAE": {"latent_dim": 4},
    "FactorSlotAutoencoder": {"factors": [["digit", 3], ["slant", 2]]},
}


@pytest.fixture(autouse=True)
def _own_room(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


def size_of(sheet: str) -> tuple[int, int]:
    """Return the width and the height of a kept picture."""
    png = picture_read(sheet)
    assert png is not None
    return Image.open(io.BytesIO(png)).size


def sheet_size(columns: int, rows: int) -> tuple[int, int]:
    """Return how large a sheet of images of 32 x 32 is."""
    return columns * 34 - 2, rows * 34 - 2


@pytest.mark.parametrize("class_name", list(MODELS))
def test_every_kind_of_model_shows_what_its_latent_holds(
    experiment: Experiment, class_name: str
) -> None:
    config = MODELS[class_name]
    model_create({"class_name": class_name, "config": config, "experiment": "other"})
    classes = [(Registry.TASKS, "ReconstructionTask"), (Registry.MODELS, class_name)]
    task_attach_now(
        name="recon",
        class_name="ReconstructionTask",
        experiment="other",
        sources=sources_of(classes),
    )
    found = latent_look({**NOW, "experiment": "other"})
    names = ["digit", "slant"] if class_name == "FactorSlotAutoencoder" else ["latent"]
    assert [group["name"] for group in found["groups"]] == names
    for group in found["groups"]:
        assert size_of(group["sheet"]) == sheet_size(5, 2)
        assert group["low"] == -group["high"] < 0
    assert found["has_prior"] == (class_name != "Autoencoder")
    assert found["unit_count"] == (5 if class_name == "FactorSlotAutoencoder" else 4)
    assert size_of(found["units_sheet"]) == sheet_size(5, found["unit_count"])
    assert size_of(found["samples_sheet"]) == sheet_size(8, 3)
    points = np.array(found["plane"]["points"])
    assert points.shape == (len(found["plane"]["targets"]), 2)
    assert np.isfinite(points).all()
    assert set(found["plane"]["targets"]) <= set(range(10))


def test_one_state_always_looks_the_same_and_another_one_otherwise(queued_job: Job) -> None:
    untrained = latent_look(NOW)
    assert latent_look(NOW)["groups"] == untrained["groups"]
    job_run(queued_job.pk)
    trained = latent_look(NOW)
    assert (trained["step"], trained["checkpoint_id"]) == (12, Checkpoint.objects.get().pk)
    assert trained["groups"][0]["sheet"] != untrained["groups"][0]["sheet"]


def test_old_looks_go_with_their_files(queued_job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("trainer.services.latents.VIEWS_KEPT", 1)
    monkeypatch.setattr("trainer.services.picture_files.ORPHAN_SECONDS", -60)
    latent_look(NOW)
    job_run(queued_job.pk)
    latent_look(NOW)
    assert LatentView.objects.get().step == 12
    assert set(default_storage.listdir(PICTURE_ROOM)[1]) == picture_names()


def test_two_clicks_are_one_look_and_its_end_is_stored(experiment: Experiment) -> None:
    first = latent_send(LatentWish(experiment), by="ada")
    assert latent_send(LatentWish(experiment), by="bob") == first
    call_answer(first.pk)
    first.refresh_from_db()
    assert (first.state, first.error) == (Call.State.DONE, "")
    assert LatentView.objects.get().dataset.name == "digits"


def test_another_look_at_the_same_state_is_one_of_its_own(experiment: Experiment) -> None:
    dataset_load({"name": "digits", "image_size": 16})
    other = Dataset.objects.exclude(name="digits").get()
    first = LatentWish(experiment)
    wishes = [
        first,
        replace(first, dataset=other),
        replace(first, seeds=2),
        replace(first, steps=5),
    ]
    calls = [latent_send(wish, by="ada") for wish in wishes]
    assert len(set(calls)) == len(wishes)
    assert [latent_send(wish, by="bob") for wish in wishes] == calls


def test_without_a_dataset_the_refusal_says_what_to_do(experiment: Experiment) -> None:
    TaskCard.objects.all().delete()
    call = latent_send(LatentWish(experiment))
    call_answer(call.pk)
    call.refresh_from_db()
    assert call.error == "no dataset is attached; attach a task, or name the dataset"


# Its named part is half of its latent.
PARTLY = """from acc.autoencoder import Autoencoder
from acc.factor_group import FactorGroup


class PartlyNamed(Autoencoder):
    @property
    def factor_groups(self):
        return (FactorGroup("digit", 0, 2),)
"""


def test_a_model_that_names_a_part_of_its_latent_is_looked_at_whole(
    experiment: Experiment,
) -> None:
    offer = offer_make("PartlyNamed", source=PARTLY, file="/gone/partly.py")
    registry_store(registry="models", offers=[offer], errors=[])
    config = {"latent_dim": 4}
    model_create({"class_name": "PartlyNamed", "config": config, "experiment": "other"})
    found = latent_look({**NOW, "experiment": "other", "dataset": "digits"})
    groups = {unit["index"]: unit["group"] for unit in found["units"]}
    assert groups == {0: "digit", 1: "digit", 2: "", 3: ""}
    points = np.array(found["plane"]["points"])
    assert len(np.unique(points, axis=0)) > len(points) // 2
