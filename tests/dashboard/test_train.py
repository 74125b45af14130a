"""Starting and stopping from the page."""

import json
from html import unescape

import pytest

from tests.dashboard.rows import Scribe, experiment_make
from trainer.models import Checkpoint, Job, JobCommand, RecipeRun, RecipeStep
from trainer.services.commands import command_applied, job_stop
from trainer.services.job_start import job_start
from trainer.services.jobs import job_pause_set

GOOD = {
    "steps": "300",
    "lr": "0.01",
    "probe_lr": "0.002",
    "batch_size": "32",
    "schedule": "round_robin",
    "seed": "7",
}


def test_start_queues_exactly_what_was_typed(htmx, experiment):
    response = htmx.post("/partials/train/start/", GOOD)
    assert response.status_code == 200
    job = Job.objects.get()
    assert (job.total_steps, job.lr, job.probe_lr) == (300, 0.01, 0.002)
    assert (job.batch_size, job.schedule, job.seed) == (32, "round_robin", 7)
    assert (job.state, job.created_by, job.experiment) == ("queued", "ada", experiment)


def test_start_keeps_the_form_and_refreshes_the_panels_beside_it(htmx, experiment):
    response = htmx.post("/partials/train/start/", GOOD)
    assert b'value="300"' in response.content
    assert b"disabled" in response.content
    events = json.loads(response.headers["HX-Trigger-After-Settle"])
    assert set(events) == {"acc:run", "acc:jobs", "acc:started"}
    assert events["acc:started"] == {"job": Job.objects.get().pk}


@pytest.mark.parametrize(
    ("field", "typed"),
    [
        ("steps", "0"),
        ("steps", "-5"),
        ("steps", "many"),
        ("steps", ""),
        ("steps", "99999999999999999999"),
        ("lr", "0"),
        ("lr", "-0.1"),
        ("lr", "nan"),
        ("lr", "inf"),
        ("lr", "1e9"),
        ("probe_lr", "x"),
        ("batch_size", "0"),
        ("batch_size", "1000000"),
        ("schedule", "backwards"),
        ("seed", "-1"),
        ("seed", "9" * 30),
    ],
)
def test_what_cannot_be_is_refused_beside_its_field_and_stays_to_be_corrected(
    field, typed, htmx, experiment
):
    response = htmx.post("/partials/train/start/", GOOD | {field: typed})
    assert response.status_code == 422
    form = response.context["form"]
    assert list(form.errors) == [field]
    assert form[field].value() == typed
    assert (
        form["steps" if field != "steps" else "lr"].value()
        == GOOD["steps" if field != "steps" else "lr"]
    )
    text = response.content.decode()
    assert f'id="id_{field}_error"' in text
    assert 'aria-invalid="true"' in text
    assert not Job.objects.exists()


@pytest.mark.parametrize(
    ("field", "typed", "sentence"),
    [
        ("steps", "", "This field is required."),
        ("steps", "many", "Must be a whole number from 1 to 1,000,000,000."),
        ("steps", "0", "Must be a whole number from 1 to 1,000,000,000."),
        ("batch_size", "65537", "Must be a whole number from 1 to 65,536."),
        ("seed", "-1", "Must be a whole number from 0 to 9,223,372,036,854,775,807."),
        ("lr", "fast", "Must be a number above 0, at most 10."),
        ("lr", "0", "Must be a number above 0, at most 10."),
        ("probe_lr", "11", "Must be a number above 0, at most 10."),
    ],
)
def test_a_number_out_of_its_range_is_answered_with_the_range(
    field, typed, sentence, htmx, experiment
):
    response = htmx.post("/partials/train/start/", GOOD | {field: typed})
    assert response.context["form"].errors == {field: [sentence]}


def test_the_start_says_from_which_weights_it_goes_on(htmx, browser_client, experiment):
    assert "Starts with new weights." in browser_client.get("/").content.decode()
    scribe = Scribe.start(experiment)
    scribe.end()
    experiment.current_checkpoint = Checkpoint.objects.create(
        experiment=experiment,
        job=scribe.job,
        kind="final",
        step=4500,
        job_step=1500,
        file_name="a",
        size_bytes=1,
    )
    experiment.save()
    sentence = f"Continues from model step 4,500 (job {scribe.job.pk}, step 1,500)."
    assert sentence in browser_client.get("/").content.decode()
    assert f'data-start-text="{sentence}"' in htmx.get("/partials/run/").content.decode()


def test_without_a_task_that_learns_the_page_says_what_to_do_first(browser_client, experiment):
    experiment.task_cards.update(enabled=False)
    page = browser_client.get("/").content.decode()
    assert "Switch a task on first, or add one" in page
    experiment.task_cards.all().delete()
    page = browser_client.get("/").content.decode()
    assert "Add a task first: there is nothing to learn yet." in page
    assert "Add a task first, then press Start training for the first one." in page
    experiment_make("other", is_active=False)
    page = browser_client.get("/?experiment=other").content.decode()
    assert "Press Start training for the first one." in page


def test_the_form_starts_from_what_the_last_job_was_asked_for(htmx, browser_client, experiment):
    htmx.post("/partials/train/start/", GOOD | {"eval_every": "150"})
    asked = Job.objects.get()
    job_stop(job=asked, by="ada")
    form = browser_client.get("/").context["form"]
    assert {field.name: str(field.value()) for field in form} == GOOD | {"eval_every": "150"}
    # What a recipe trains is made for its own ends: probes learn at rates that train no model.
    probe = job_start(experiment=experiment, steps=9, lr=1e-12)
    run = RecipeRun.objects.create(recipe_name="FoldRecipe", experiment=experiment)
    RecipeStep.objects.create(run=run, phase="probe", kind="train", job=probe)
    assert browser_client.get("/").context["form"]["steps"].value() == 300


def test_a_second_start_is_refused_in_the_panel_with_the_reason(htmx, experiment):
    htmx.post("/partials/train/start/", GOOD)
    response = htmx.post("/partials/train/start/", GOOD | {"steps": "12"})
    assert response.status_code == 422
    assert b"stop it or wait" in response.content
    assert b'value="12"' in response.content
    assert Job.objects.count() == 1


def test_without_an_enabled_task_the_refusal_says_so(htmx, experiment):
    experiment.task_cards.update(enabled=False)
    experiment.name = "Thin and thick strokes"
    experiment.save()
    response = htmx.post("/partials/train/start/", GOOD)
    assert response.status_code == 422
    assert "no task is enabled in experiment 'Thin and thick strokes'" in unescape(
        response.content.decode()
    )


def test_stop_ends_a_queued_job_at_once(htmx, experiment):
    htmx.post("/partials/train/start/", GOOD)
    job = Job.objects.get()
    response = htmx.post("/partials/run/stop/", {"job": job.pk})
    assert response.status_code == 200
    job.refresh_from_db()
    assert job.state == "stopped"


def test_stop_asks_the_worker_of_a_running_job_and_says_that_it_waits(htmx, experiment):
    job = Scribe.start(experiment).job
    response = htmx.post("/partials/run/stop/", {"job": job.pk})
    assert JobCommand.objects.get().kind == "stop"
    assert "Stopping" in response.content.decode()
    assert "Stopping" in htmx.get("/partials/run/").content.decode()


def test_a_running_job_can_be_paused_and_a_paused_one_resumed(htmx, experiment, monkeypatch):
    job = Scribe.start(experiment).job
    monkeypatch.setattr("dashboard.views.train.command_wait", answer_as_a_worker)
    assert "Resume" not in htmx.get("/partials/run/").content.decode()
    paused = htmx.post("/partials/run/pause/", {"job": job.pk})
    assert paused.status_code == 200
    assert "Resume" in paused.content.decode()
    assert "Pause" not in paused.content.decode()
    resumed = htmx.post("/partials/run/resume/", {"job": job.pk})
    assert "Pause" in resumed.content.decode()
    kinds = list(JobCommand.objects.values_list("kind", "by"))
    assert kinds == [("pause", "ada"), ("resume", "ada")]


def answer_as_a_worker(command):
    job_pause_set(command.job, paused=command.kind == "pause")
    command_applied(command=command, step=0, detail={})


def test_a_job_that_no_worker_has_offers_no_pause(htmx, experiment):
    htmx.post("/partials/train/start/", GOOD)
    assert "Pause" not in htmx.get("/partials/run/").content.decode()


@pytest.mark.parametrize(
    ("schedule", "left"), [("joint", {"enabled": False}), ("weighted", {"weight": 0})]
)
def test_a_job_without_a_task_to_train_says_so_and_offers_no_resume(
    htmx, experiment, schedule, left
):
    job = Scribe.start(experiment).job
    Job.objects.update(schedule=schedule)
    job_pause_set(job, paused=True)
    assert "Resume" in htmx.get("/partials/run/").content.decode()
    experiment.task_cards.update(**left)
    page = htmx.get("/partials/run/").content.decode()
    assert "No task is left to train." in page
    assert "Resume" not in page


def test_stop_never_reaches_a_job_that_the_button_was_not_shown_for(htmx, experiment):
    ended = Scribe.start(experiment)
    ended.end()
    newer = Scribe.start(experiment)
    for wrong in (ended.job.pk, "", "x"):
        response = htmx.post("/partials/run/stop/", {"job": wrong})
        assert response.status_code == 422
        assert b"already ended" in response.content
    newer.job.refresh_from_db()
    assert newer.job.state == "running"
    assert not JobCommand.objects.exists()


def test_a_form_from_another_site_starts_nothing(ada, experiment, browser_client):
    strict = type(browser_client)(enforce_csrf_checks=True)
    strict.force_login(ada)
    assert strict.post("/partials/train/start/", GOOD).status_code == 403
    assert not Job.objects.exists()
