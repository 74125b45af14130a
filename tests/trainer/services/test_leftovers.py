"""Uploads and sample images that nothing names any more go by themselves."""

import datetime
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils import timezone

from tests.trainer.rows import dataset_make
from trainer.models import Call
from trainer.selectors.reconstructions import SAMPLE_ROOM
from trainer.services.calls import call_finish
from trainer.services.dataset_import import UPLOAD_ROOM
from trainer.services.leftovers import leftovers_sweep

pytestmark = [pytest.mark.django_db, pytest.mark.portable]


@pytest.fixture(autouse=True)
def _own_room(settings: Any, tmp_path: Any) -> None:
    settings.MEDIA_ROOT = tmp_path


def two_hours_later(monkeypatch: pytest.MonkeyPatch) -> None:
    now = timezone.now() + datetime.timedelta(hours=2)
    monkeypatch.setattr(timezone, "now", lambda: now)


def store(room: str, name: str) -> str:
    return str(default_storage.save(f"{room}/{name}", ContentFile(b"x")))


def names(room: str) -> set[str]:
    return set(default_storage.listdir(room)[1])


def test_where_nothing_was_ever_stored_nothing_is_swept() -> None:
    leftovers_sweep()


def test_a_file_that_was_stored_just_now_is_left() -> None:
    store(UPLOAD_ROOM, "upload.npz")
    store(SAMPLE_ROOM, "a.png")
    leftovers_sweep()
    assert (names(UPLOAD_ROOM), names(SAMPLE_ROOM)) == ({"upload.npz"}, {"a.png"})


def test_an_upload_stays_until_the_question_about_it_is_answered(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    left, awaited = store(UPLOAD_ROOM, "left.npz"), store(UPLOAD_ROOM, "awaited.npz")
    two_hours_later(monkeypatch)
    call = Call.objects.create(
        kind=Call.Kind.DATASET_IMPORT_NPZ, payload={"upload": awaited}, state=Call.State.RUNNING
    )
    Call.objects.create(
        kind=Call.Kind.DATASET_IMPORT_NPZ, payload={"upload": left}, state=Call.State.DONE
    )
    leftovers_sweep()
    assert names(UPLOAD_ROOM) == {"awaited.npz"}
    call_finish(call, answer={})
    leftovers_sweep()
    assert names(UPLOAD_ROOM) == set()


def test_a_sample_that_no_dataset_shows_goes_unless_one_is_made_just_now(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    store(SAMPLE_ROOM, "shown.png")
    store(SAMPLE_ROOM, "refused.png")
    two_hours_later(monkeypatch)
    dataset_make(survey={"groups": [{"label": "0", "files": ["shown.png"]}]})
    call = Call.objects.create(
        kind=Call.Kind.DATASET_IMPORT_NPZ, payload={"upload": "x"}, state=Call.State.RUNNING
    )
    leftovers_sweep()
    assert names(SAMPLE_ROOM) == {"shown.png", "refused.png"}
    call_finish(call, answer={})
    leftovers_sweep()
    assert names(SAMPLE_ROOM) == {"shown.png"}
