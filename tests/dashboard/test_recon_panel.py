"""The panel of reconstructions and the pictures it shows."""

import re
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders

from acc.evaluation.difference import STEPS, colour_table
from tests.dashboard.measured import PIXEL, answer_call, name_of, pictured
from tests.dashboard.reading import words
from trainer.models import Call, TaskCard
from trainer.services.picture_files import picture_keep

PANEL, REFRESH = "/partials/recon_comparison/", "/partials/recon_comparison/refresh/"


@pytest.fixture(autouse=True)
def _own_room(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


def likenesses(response) -> list[str]:
    return re.findall(r"<figcaption>([^<]*)</figcaption>", response.content.decode())


def test_without_pictures_the_panel_says_how_to_get_them(htmx, experiment):
    assert "Nothing drawn yet. Press Refresh" in words(htmx.get(PANEL))
    TaskCard.objects.all().delete()
    assert "attach a task first" in words(htmx.get(PANEL))


def test_a_model_without_a_decoder_is_told_so(htmx, experiment):
    experiment.model_info = {"has_decoder": False}
    experiment.save()
    response = htmx.get(PANEL)
    assert "This model has no decoder" in words(response)
    assert re.search(r"<button[^>]*disabled", response.content.decode())


def test_each_image_stands_beside_its_reconstruction_and_their_difference(htmx, experiment):
    shown = pictured(experiment, [21.26, 18.0, None], step=1500)
    response = htmx.get(PANEL)
    page = response.content.decode()
    assert likenesses(response) == ["21.3 dB", "18.0 dB", "not finite"]
    assert "model step 1,500" in words(response)
    assert "mean PSNR of these 3: 19.6 dB" in words(response)
    first = shown.images[0]
    places = [
        page.index(f"/picture/{first[k]}") for k in ("original", "reconstruction", "difference")
    ]
    assert places == sorted(places)
    assert "data:image" not in page


def test_the_worst_stand_first_on_request_and_after_a_refresh(htmx, experiment):
    pictured(experiment, [21.0, 15.0, None, 30.0])
    response = htmx.get(PANEL, {"order": "worst"})
    assert likenesses(response) == ["not finite", "15.0 dB", "21.0 dB", "30.0 dB"]
    page = response.content.decode()
    assert 'aria-pressed="true"' in page
    assert page.index('{"order": "worst"}') < page.index('hx-trigger="refresh"')


def test_only_attached_datasets_are_shown(htmx, experiment):
    pictured(experiment, [21.0])
    TaskCard.objects.all().delete()
    assert likenesses(htmx.get(PANEL)) == []


def test_a_click_asks_once_and_a_failure_is_told_until_a_success(htmx, experiment, trainer_online):
    for _ in range(2):
        assert "Drawing…" in words(htmx.post(REFRESH))
    assert Call.objects.filter(kind=Call.Kind.PICTURES).count() == 1
    answer_call(Call.Kind.PICTURES, error="the disk is full")
    assert "the disk is full" in words(htmx.get(PANEL))
    pictured(experiment, [21.0])
    assert "the disk is full" not in words(htmx.get(PANEL))


def test_without_a_trainer_the_click_is_refused_and_the_pictures_stay(htmx, experiment):
    pictured(experiment, [21.0, 19.0])
    response = htmx.post(REFRESH, {"order": "worst"})
    assert response.status_code == 422
    assert "the trainer is offline" in words(response)
    assert likenesses(response) == ["19.0 dB", "21.0 dB"]


def test_a_picture_is_sent_once_and_kept_by_the_browser(browser_client, experiment):
    name = picture_keep(PIXEL)
    assert name == name_of(PIXEL)
    sent = browser_client.get(f"/picture/{name}")
    assert (sent.status_code, sent.content) == (200, PIXEL)
    assert sent.headers["Content-Type"] == "image/png"
    assert "immutable" in sent.headers["Cache-Control"]
    assert "private" in sent.headers["Cache-Control"]
    again = browser_client.get(f"/picture/{name}", headers={"If-None-Match": sent.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_pictures_are_for_who_is_signed_in_and_nothing_else_is_sent(
    client, browser_client, experiment, settings
):
    name = picture_keep(PIXEL)
    (settings.MEDIA_ROOT / "secret.png").write_bytes(b"secret")
    assert client.get(f"/picture/{name}").status_code == 302
    for other in ("..%2Fsecret.png", "secret.png", f"{'0' * 64}.png"):
        assert browser_client.get(f"/picture/{other}").status_code == 404


def test_the_legend_shows_the_colours_that_the_differences_have():
    found = finders.find("dashboard/css/tokens.css")
    assert found
    css = Path(found).read_text()
    tokens = dict(re.findall(r"--(less|same|more): #([0-9a-f]{6});", css))
    table = colour_table()
    for name, place in (("less", 0), ("same", STEPS), ("more", -1)):
        assert tokens[name] == bytes(table[place].tolist()).hex()
