"""What the first page says."""

import re
from html import unescape
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders

from tests.dashboard.rows import Scribe, experiment_make
from trainer.models import Job


def test_without_an_experiment_the_page_says_what_to_do_and_waits_for_one(browser_client):
    page = browser_client.get("/")
    assert b"No experiment yet" in page.content
    assert b"No experiment yet" in browser_client.get("/partials/awaited/").content
    experiment_make("first")
    assert browser_client.get("/partials/awaited/").headers["HX-Refresh"] == "true"


def test_the_first_start_is_told_that_the_trainer_is_on_its_way(browser_client, settings):
    settings.ACC_DEMO = True
    page = browser_client.get("/").content.decode()
    assert "The trainer is starting" in page
    assert "makes a demo experiment by itself" in page


@pytest.mark.usefixtures("trainer_online")
def test_a_trainer_that_came_online_is_told_while_the_demo_is_awaited(browser_client, settings):
    settings.ACC_DEMO = True
    for path in ["/", "/partials/awaited/"]:
        page = browser_client.get(path).content.decode()
        assert "The demo is being made" in page
        assert "The trainer is starting" not in page


def test_without_a_job_the_page_says_how_to_get_one(browser_client, experiment):
    page = browser_client.get("/").content.decode()
    assert "No job yet" in page
    assert "Jobs appear here" in page
    assert 'data-job=""' in page


def test_an_offline_trainer_is_told_with_what_brings_it_back(browser_client, experiment):
    page = browser_client.get("/").content.decode()
    assert "The trainer is offline" in page
    assert "manage.py runtrainer" in page


def test_an_online_trainer_and_its_best_device_stand_in_the_bar(
    browser_client, experiment, trainer_online
):
    page = browser_client.get("/").content.decode()
    assert "The trainer is offline" not in page
    assert '<span id="device">cuda:0</span>' in page


def test_every_input_has_a_name_a_label_and_a_sensible_value(browser_client, experiment):
    form = browser_client.get("/").context["form"]
    assert {field.name: field.value() for field in form} == {
        "steps": 2000,
        "batch_size": 64,
        "lr": 0.001,
        "probe_lr": 0.001,
        "schedule": "joint",
        "seed": 0,
        "eval_every": None,
    }
    page = browser_client.get("/").content.decode()
    for field in form:
        assert f'name="{field.name}"' in page
        assert f'<label class="field__label" for="{field.id_for_label}">' in page


def test_a_running_job_is_shown_with_its_progress(browser_client, experiment, trainer_online):
    scribe = Scribe.start(experiment, steps=200)
    scribe.write(50)
    page = browser_client.get("/").content.decode()
    assert "25 %" in page
    assert re.search(r'<progress[^>]* value="50"\s+max="200"', page)
    assert f'data-job="{scribe.job.pk}"' in page


def test_finished_jobs_are_listed_with_what_they_reached(browser_client, experiment):
    older = Scribe.start(experiment)
    older.write(91)
    older.end()
    newer = Scribe.start(experiment)
    newer.write(91)
    newer.end(Job.State.FAILED, error="recon: out of memory")
    page = browser_client.get("/partials/jobs/").content.decode()
    assert page.index(f"Job {newer.job.pk}") < page.index(f"Job {older.job.pk}")
    assert page.count("0.1000") == 2  # the reconstruction's last loss, in each row
    assert "recon: out of memory" in page
    assert 'data-state="failed"' in page


def test_a_link_to_a_job_shows_that_job(browser_client, experiment):
    first = Scribe.start(experiment)
    first.end()
    Scribe.start(experiment).end()
    page = browser_client.get(f"/?job={first.job.pk}")
    assert page.context["curves_job"] == first.job
    panel = browser_client.get(f"/partials/loss_curves/?job={first.job.pk}")
    assert panel.context["curves_job"] == first.job


def test_a_jobs_colours_are_those_of_its_tasks(browser_client, experiment):
    job = Scribe.start(experiment).job
    panel = browser_client.get(f"/partials/loss_curves/?job={job.pk}")
    assert panel.context["curves_colours"] == '{"recon": 0, "kl": 1, "digit": 2}'


@pytest.mark.parametrize("query", ["job=99", "job=x", "job=-1", "job=" + "9" * 40, "job=²"])
def test_a_job_that_is_not_there_is_a_page_that_says_so(query, browser_client, experiment):
    response = browser_client.get(f"/?{query}")
    assert response.status_code == 404
    asked = query.removeprefix("job=")
    named = asked if asked == "99" else f"'{asked}'"
    sentence = f"There is no job {named} in experiment 'digits'."
    assert sentence in unescape(response.content.decode())


def test_a_job_of_another_experiment_is_not_shown_under_this_one(browser_client, experiment):
    other = experiment_make("other", is_active=False)
    job = Scribe.start(other).job
    assert browser_client.get(f"/?job={job.pk}").status_code == 404
    assert browser_client.get(f"/?experiment=other&job={job.pk}").status_code == 200


def test_an_unknown_experiment_is_a_page_that_says_so(browser_client, experiment):
    response = browser_client.get("/?experiment=nope")
    assert response.status_code == 404
    assert "There is no experiment 'nope'." in unescape(response.content.decode())
    assert browser_client.get("/partials/jobs/?experiment=nope").status_code == 404


@pytest.mark.parametrize(
    "path",
    ["/?experiment=%00", "/partials/jobs/?search=a%00", "/registry/source/%00/", "/data/?a=%00"],
)
def test_what_no_database_keeps_is_refused_before_any_is_asked(browser_client, experiment, path):
    assert browser_client.get(path).status_code == 400
    renamed = browser_client.post(
        f"/partials/experiments/{experiment.slug}/rename/", {"name": "\0"}
    )
    assert renamed.status_code == 400


def test_markup_in_names_and_errors_is_shown_as_text(browser_client):
    evil = "<img src=x onerror=alert(1)>"
    experiment = experiment_make("evil", name=evil)
    Scribe.start(experiment).end(Job.State.FAILED, error=evil)
    page = browser_client.get("/").content.decode()
    assert evil not in page
    assert "&lt;img src=x onerror=alert(1)&gt;" in page


def test_no_page_carries_an_inline_script_or_style(browser_client, experiment, client):
    Scribe.start(experiment).write(5)
    for page in (browser_client.get("/"), client.get("/sign-in/"), client.get("/nothing-here")):
        text = page.content.decode()
        assert not re.findall(r"<script(?![^>]*\bsrc=)", text)
        assert "<style" not in text
        assert not re.findall(r"\son\w+=|\sstyle=", text)
        assert "script-src 'self';" in page.headers["Content-Security-Policy"]


def test_every_file_that_the_page_loads_is_there(browser_client, experiment):
    text = browser_client.get("/").content.decode()
    names = re.findall(r'(?:src|href)="/static/([^"]+)"', text)
    assert "unfold/js/chart/chart.js" in names
    assert [name for name in names if finders.find(name) is None] == []


def test_the_chart_library_is_the_one_that_the_page_was_written_for():
    path = finders.find("unfold/js/chart/chart.js")
    assert path is not None
    source = Path(path).read_text(encoding="utf-8")
    assert re.search(r'"4\.\d+\.\d+"', source)
    assert "logarithmic" in source


def test_error_pages_are_our_own(browser_client, client):
    response = browser_client.get("/nothing-here/", headers={"Accept": "text/html"})
    assert response.status_code == 404
    assert b"Back to the workbench" in response.content
    strict = type(client)(enforce_csrf_checks=True)
    response = strict.post("/sign-in/", {"username": "x", "password": "y"})
    assert response.status_code == 403
    assert b"This form is out of date" in response.content
