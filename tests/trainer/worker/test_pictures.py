"""Reconstructions: from which state, for scripts and for pages, and what is kept of them."""

import base64
import io
import os
import time

import numpy as np
import pytest
from django.core.files.storage import default_storage
from PIL import Image

from acc.training.state import TrainingState
from tests.setup.waiting import wait_until
from tests.trainer.rows import dataset_make
from tests.trainer.worker.steered import applied, running, state_of
from trainer.models import Call, Checkpoint, Experiment, Job, Reconstructions, TaskCard
from trainer.selectors.reconstructions import (
    PICTURE_ROOM,
    picture_names,
    picture_read,
    reconstructions_of,
)
from trainer.services.commands import command_send
from trainer.services.reconstructions import pictures_send
from trainer.worker.answer import call_answer
from trainer.worker.checkpoint_store import checkpoint_read
from trainer.worker.pictures import pictures_make, reconstructions_answer
from trainer.worker.run import job_run

pytestmark = [pytest.mark.portable, pytest.mark.usefixtures("valkey")]

ASKED = {"experiment": "small", "dataset": None, "n": 3, "fixed": False, "by": "ada"}
MADE = {"experiment": "small", "checkpoint": None, "by": "ada", "call": 0}


@pytest.fixture(autouse=True)
def _own_room(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


def pixels(png: str) -> np.ndarray:
    """Return the pixels of a PNG in base64 as floats in [0, 1]."""
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(png)))) / 255


def files() -> set[str]:
    """Return the pictures that are kept."""
    return set(default_storage.listdir(PICTURE_ROOM)[1])


def test_a_script_gets_originals_reconstructions_and_differences(queued_job: Job) -> None:
    job_run(queued_job.pk)
    answer = reconstructions_answer(ASKED)
    assert (answer["dataset"], answer["step"]) == ("digits", 12)
    assert answer["checkpoint_id"] == Checkpoint.objects.get().pk
    lists = [answer[name] for name in ("originals", "reconstructions", "differences", "psnr")]
    assert [len(found) for found in lists] == [3, 3, 3, 3]
    assert answer["datasets"]["digits"]["originals"] == answer["originals"]
    for original, image, psnr in zip(*lists[:2], lists[3], strict=True):
        assert pixels(original).shape == (32, 32)
        error = np.square(pixels(original) - pixels(image)).mean()
        assert psnr == pytest.approx(-10 * np.log10(error), abs=0.1)
    assert pixels(answer["differences"][0]).shape == (32, 32, 3)


def test_the_images_are_others_each_time_unless_they_are_to_be_the_same(
    experiment: Experiment,
) -> None:
    drawn = {tuple(reconstructions_answer(ASKED)["indices"]) for _ in range(4)}
    assert len(drawn) > 1
    fixed = {tuple(reconstructions_answer({**ASKED, "fixed": True})["indices"]) for _ in range(3)}
    assert len(fixed) == 1


def test_a_named_dataset_is_shown_alone_whether_or_not_it_is_attached(
    experiment: Experiment,
) -> None:
    dataset_make("others")
    answer = reconstructions_answer({**ASKED, "dataset": "others"})
    assert answer["dataset"] == "others"
    assert "datasets" not in answer


def test_a_paused_job_is_shown_as_it_is_and_a_running_one_as_it_was_saved_last(
    queued_job: Job,
) -> None:
    applied(queued_job, "pause", 5)
    with running(queued_job):
        wait_until(lambda: state_of(queued_job) == Job.State.PAUSED, "paused")
        assert reconstructions_answer(ASKED)["step"] == 5
        written = Checkpoint.objects.count()
        assert reconstructions_answer(ASKED)["step"] == 5
        assert Checkpoint.objects.count() == written
        command_send(job=queued_job, kind="resume")


def test_pictures_are_made_when_a_job_ends_from_its_last_state(queued_job: Job) -> None:
    job_run(queued_job.pk)
    call = Call.objects.get(kind=Call.Kind.PICTURES)
    call_answer(call.pk)
    (shown,) = reconstructions_of(Experiment.objects.get())
    assert (shown.dataset.name, shown.step, len(shown.images)) == ("digits", 12, 8)
    assert shown.checkpoint == Checkpoint.objects.get()
    png = picture_read(shown.images[0]["difference"])
    assert png is not None
    assert Image.open(io.BytesIO(png)).size == (32, 32)


def test_older_pictures_go_with_their_files_and_those_still_named_stay(
    experiment: Experiment,
) -> None:
    for _ in range(4):
        pictures_make(MADE)
        for name in files():  # as if a while had passed
            os.utime(default_storage.path(f"{PICTURE_ROOM}/{name}"), times=(time.time() - 900,) * 2)
    pictures_make(MADE)
    assert Reconstructions.objects.count() == 2
    assert files() == picture_names()


def test_a_picture_that_is_none_of_ours_is_not_read(experiment: Experiment) -> None:
    default_storage.save("secret.png", io.BytesIO(b"x"))
    for name in ("../secret.png", "..%2Fsecret.png", f"{'0' * 64}.png", "a.png", ""):
        assert picture_read(name) is None


def test_without_a_dataset_nothing_is_drawn_and_the_refusal_says_why(
    experiment: Experiment,
) -> None:
    TaskCard.objects.all().delete()
    call = pictures_send(experiment=experiment)
    call_answer(call.pk)
    call.refresh_from_db()
    assert call.error == "no dataset is attached; attach a task, or name the dataset"


def test_a_checkpoint_that_goes_while_it_is_read_gives_way_to_the_next_one(
    queued_job: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    job_run(queued_job.pk)
    experiment = Experiment.objects.get()
    final = Checkpoint.objects.get()
    older = Checkpoint.objects.create(
        experiment=experiment, kind="periodic", step=9, file_name="gone", size_bytes=1
    )
    Experiment.objects.update(current_checkpoint=older)

    def replaced(checkpoint: Checkpoint) -> TrainingState:
        """Read as ever, but let the job write its next checkpoint in just that moment."""
        Experiment.objects.update(current_checkpoint=final)
        Checkpoint.objects.filter(pk=older.pk).delete()
        return checkpoint_read(checkpoint)

    monkeypatch.setattr("trainer.worker.snapshot.checkpoint_read", replaced)
    assert reconstructions_answer(ASKED)["step"] == 12
