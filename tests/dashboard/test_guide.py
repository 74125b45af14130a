"""What leads a newcomer: keys that are listed, empty states that say how to go on, the tour."""

import re
from pathlib import Path

import pytest
from django.conf import settings

from trainer.models import Experiment
from trainer.services.job_start import job_start

TEMPLATES = Path(settings.BASE_DIR) / "templates"


def listed_keys():
    text = (TEMPLATES / "components" / "shortcuts.html").read_text()
    rows = re.findall(r"<dd>(.*?)</dd>", text)
    return {" ".join(re.findall(r"<kbd>(.*?)</kbd>", row)) for row in rows}


def keys_in(page):
    return set(re.findall(r'data-key="([^"]+)"', page.content.decode()))


def test_every_key_that_does_something_is_listed_and_the_other_way_round(
    browser_client, experiment
):
    idle = keys_in(browser_client.get("/"))
    assert idle < listed_keys()
    job_start(experiment=experiment, steps=10, by="ada")
    Experiment.objects.get().jobs.update(state="running")
    assert keys_in(browser_client.get("/")) == listed_keys()


def test_each_page_offers_the_way_to_the_others_by_keys(browser_client, experiment):
    for path in ("/data/", "/recipes/", "/registry/", "/checkpoints/", "/experiments/"):
        everywhere = {"g w", "g c", "g d", "g r", "g k", "g e", "t", "?"}
        assert keys_in(browser_client.get(path)) >= everywhere


def test_the_tour_shows_itself_on_the_demo_alone(browser_client, experiment):
    job_start(experiment=experiment, steps=10, by="ada")
    assert "data-auto" not in browser_client.get("/").content.decode()
    experiment.jobs.update(created_by="demo")
    assert "data-auto" in browser_client.get("/").content.decode()


@pytest.mark.parametrize("demo", [True, False])
def test_without_an_experiment_the_page_says_what_happens_or_what_to_do(
    browser_client, settings, demo
):
    settings.ACC_DEMO = demo
    page = browser_client.get("/").content.decode()
    assert ("a demo experiment by itself" in page) is demo
    assert ("choose a model" in page) is not demo
    assert "New experiment" in page


@pytest.mark.parametrize("path", ["/no/such/page", "/job/99/"])
def test_a_page_that_is_not_there_is_html_for_people_and_json_for_scripts(
    path, browser_client, experiment
):
    page = browser_client.get(path, headers={"Accept": "text/html,*/*"})
    assert page.status_code == 404
    assert "Back to the workbench" in page.content.decode()
    answer = browser_client.get(path, headers={"Accept": "application/json"})
    assert answer.status_code == 404
    assert list(answer.json()) == ["error"]
