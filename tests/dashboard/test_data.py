"""The page of the data: what it shows of a dataset, and what it says to what is typed."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from tests.dashboard.measured import PIXEL, name_of
from tests.dashboard.reading import words
from tests.trainer.rows import dataset_make, offer_make
from trainer.models import Call, Dataset, TaskCard
from trainer.selectors.reconstructions import SAMPLE_ROOM
from trainer.services.picture_files import picture_keep
from trainer.services.registry import registry_store

SEEN = {
    "distribution": {"kind": "classes", "train": [40, 45], "eval": [9, 6], "more": 0},
    "groups": [{"label": "0", "files": []}, {"label": "1", "files": []}],
}
COUNT = {
    "name": "count",
    "type": "int",
    "default": 2000,
    "required": False,
    "description": "How many.",
}


@pytest.fixture(autouse=True)
def _own_room(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


def seen(name="pets", **facts):
    """Return the row of a dataset that the trainer side has looked at."""
    return dataset_make(name, **{"survey": SEEN, "duplicate_count": 3, "num_classes": 2, **facts})


def test_a_dataset_is_shown_with_its_parts_targets_and_duplicates(browser_client):
    seen()
    page = browser_client.get("/data/")
    assert "Trained on 85" in words(page)
    assert "Held out 15" in words(page)
    assert "3 of 15 leak" in words(page)
    assert "2 classes" in words(page)
    assert 'aria-label="1: 45 to train on, 6 held out"' in page.content.decode()
    assert "51 images" in words(page)  # how much the highest bar stands for


def test_images_are_files_and_classes_have_their_names(browser_client):
    name = picture_keep(PIXEL, room=SAMPLE_ROOM)
    groups = [{"label": "1", "files": [name]}]
    dataset = seen(survey={**SEEN, "groups": groups})
    Dataset.objects.filter(pk=dataset.pk).update(spec={"class_names": ["cat", "<dog>"]})
    page = browser_client.get("/data/").content.decode()
    assert "data:image" not in page
    assert 'alt="&lt;dog&gt;"' in page
    assert name == name_of(PIXEL)
    assert browser_client.get(f"/picture/{name}").content == PIXEL


def test_a_generated_dataset_leads_to_the_version_that_made_it(browser_client):
    dataset = seen()
    source = {"class_name": "ShapesGenerator", "sha256": "ab" * 32}
    spec = {"generator": "ShapesGenerator", "source": source, "params": {"count": 7}, "seed": 11}
    Dataset.objects.filter(pk=dataset.pk).update(kind="generated", spec=spec)
    page = browser_client.get("/data/")
    assert f"/registry/source/{'ab' * 32}/" in page.content.decode()
    assert "seed 11 count 7" in words(page)


def test_an_imported_dataset_tells_which_folders_were_left_out(browser_client):
    dataset = seen()
    spec = {"imported": "folder", "path": "/images/pets", "empty_folders": ["ant", "cow"]}
    Dataset.objects.filter(pk=dataset.pk).update(kind="folder", spec=spec)
    assert "empty folders left out ant, cow" in words(browser_client.get("/data/"))


def test_older_rows_are_looked_at_once_the_page_is_opened(browser_client, trainer_online):
    dataset_make("old")
    for _ in range(2):
        assert "The trainer is looking at its images" in words(browser_client.get("/data/"))
    assert [call.payload for call in Call.objects.filter(kind=Call.Kind.DATASET_SURVEY)] == [
        {"name": "old"}
    ]


def test_deleted_pictures_are_drawn_again(browser_client, trainer_online, settings):
    name = picture_keep(PIXEL, room=SAMPLE_ROOM)
    seen(survey={**SEEN, "groups": [{"label": "0", "files": [name]}]})
    browser_client.get("/data/")
    assert not Call.objects.exists()
    (settings.MEDIA_ROOT / SAMPLE_ROOM / name).unlink()
    browser_client.get("/data/")
    assert Call.objects.get().kind == Call.Kind.DATASET_SURVEY


def test_a_dataset_in_use_says_by_what_and_its_deletion_is_refused(htmx, experiment):
    page = htmx.get("/partials/data/")
    assert "Used by digits (recon, kl, digit)" in words(page)
    assert "Delete" not in words(page)
    refused = htmx.post("/partials/data/delete/digits/")
    assert refused.status_code == 422
    assert "dataset 'digits' is used by experiment 'digits' (recon, kl, digit)" in words(refused)
    assert Dataset.objects.filter(name="digits").exists()


def test_an_unused_dataset_goes_with_its_pictures(htmx, experiment, settings):
    TaskCard.objects.all().delete()
    name = picture_keep(PIXEL, room=SAMPLE_ROOM)
    Dataset.objects.update(survey={**SEEN, "groups": [{"label": "0", "files": [name]}]})
    answer = htmx.post("/partials/data/delete/digits/")
    assert "No dataset yet" in words(answer)
    gone = htmx.post("/partials/data/delete/digits/")
    assert (gone.status_code, "deleted already" in words(gone)) == (422, True)


@pytest.mark.django_db(transaction=True)
def test_the_pictures_of_a_deleted_dataset_are_removed_unless_another_shows_them(htmx, settings):
    shared, own = (picture_keep(PIXEL + kind, room=SAMPLE_ROOM) for kind in (b"1", b"2"))
    seen("one", survey={"groups": [{"label": "", "files": [shared, own]}]})
    seen("two", survey={"groups": [{"label": "", "files": [shared]}]}, content_hash="1" * 64)
    htmx.post("/partials/data/delete/one/")
    assert htmx.get(f"/picture/{shared}").status_code == 200
    assert htmx.get(f"/picture/{own}").status_code == 404


def test_what_a_generator_refuses_stands_beside_the_field_and_nothing_typed_is_lost(htmx):
    registry_store(
        registry="generators", offers=[offer_make("DotsGenerator", parameters=[COUNT])], errors=[]
    )
    typed = {"generator": "DotsGenerator", "param-count": "many", "name": "my dots"}
    answer = htmx.post("/partials/data/add/generator/", typed)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert 'id="data_generator_param-count_error">Must be a whole number.' in page
    assert 'value="many"' in page
    assert 'value="my dots"' in page


def test_a_folder_and_a_file_wait_for_the_trainer_in_words(htmx):
    asked = {"path": "animals", "image_size": "32", "colours": "auto"}
    answer = htmx.post("/partials/data/add/folder/", asked)
    assert (answer.status_code, "the trainer is offline" in words(answer)) == (422, True)
    file = SimpleUploadedFile("x.npz", b"PK")
    answer = htmx.post("/partials/data/add/npz/", {"file": file, "name": "mine"})
    assert (answer.status_code, "the trainer is offline" in words(answer)) == (422, True)
    assert 'value="mine"' in answer.content.decode()


@pytest.mark.parametrize("kind", ["builtin", "folder", "npz"])
def test_the_answer_stands_beside_the_button(htmx, kind):
    asked = {"name": "digits", "path": "animals", "image_size": "32", "colours": "auto"}
    file = SimpleUploadedFile("x.npz", b"PK")
    page = htmx.post(f"/partials/data/add/{kind}/", asked | {"file": file}).content.decode()
    between = page[page.rindex("<input") :].partition("<button")[0]
    assert 'role="alert"' in between


@pytest.mark.parametrize(
    ("file_name", "sentence"),
    [("moons.npz", "the trainer is offline"), ("~.npz", "cannot be the dataset's, so give one")],
)
def test_an_upload_needs_a_name_only_where_the_file_has_none(htmx, file_name, sentence):
    answer = htmx.post("/partials/data/add/npz/", {"file": SimpleUploadedFile(file_name, b"PK")})
    assert sentence in words(answer)


def test_numbers_out_of_range_and_unknown_ways_are_refused(htmx):
    answer = htmx.post("/partials/data/add/builtin/", {"name": "digits", "image_size": "9999"})
    assert answer.status_code == 422
    assert "256" in words(answer)
    assert htmx.get("/partials/data/add/pickle/").status_code == 404
