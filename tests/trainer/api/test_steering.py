"""Steering through the API: what is asked of a job, why, and what can be read of it later."""

import pytest

from tests.trainer.rows import job_run_begin
from trainer.models import Experiment, Job, JobCommand
from trainer.services.commands import command_applied, command_refused
from trainer.services.jobs import job_end

pytestmark = pytest.mark.django_db

WHY = "digits blur"


def commands(script, job, **query):
    return script.get(f"/jobs/{job.pk}/commands", **query).json()


@pytest.mark.parametrize(
    ("path", "body", "kind"),
    [
        ("/tasks/recon/set_weight", {"weight": 0.5}, "set_weight"),
        ("/tasks/recon/toggle", {}, "set_enabled"),
        ("/tasks/recon/remove", {}, "remove_task"),
    ],
)
def test_whoever_changes_a_task_may_say_why(script, running, path, body, kind):
    assert script.post(path, body | {"why": WHY}).status_code == 200
    (asked,) = commands(script, running)
    assert (asked["kind"], asked["why"], asked["by"]) == (kind, WHY, "operator")
    assert (asked["state"], asked["step"], asked["reason"]) == ("pending", None, None)


def test_the_reason_stays_with_the_event(script, running):
    script.post("/tasks/recon/set_weight", {"weight": 0.5, "why": WHY})
    command = JobCommand.objects.get()
    command.job = running
    command_applied(command=command, step=7, detail={"task": "recon", "old": 1.0, "new": 0.5})
    event = script.get(f"/jobs/{running.pk}/events").json()[-1]
    assert (event["kind"], event["step"], event["why"]) == ("set_weight", 7, WHY)
    assert (event["command"], event["by"]) == (command.pk, "operator")
    assert event["detail"] == {"task": "recon", "old": 1.0, "new": 0.5}


def test_a_waiting_job_that_is_stopped_keeps_the_reason(script, queued):
    script.post("/train/stop", {"why": WHY})
    assert script.get(f"/jobs/{queued.pk}/events").json()[-1]["why"] == WHY


@pytest.mark.parametrize("path", ["/tasks/recon/toggle", "/tasks/recon/remove", "/train/stop"])
def test_a_reason_has_at_most_500_characters(script, running, refused, path):
    sentence = refused(script.post(path, {"why": "x" * 501}), 400)
    assert sentence == "'why' must have at most 500 characters"
    assert not JobCommand.objects.exists()


def test_a_mistyped_field_is_refused_and_nothing_is_changed(script, running, refused):
    assert "'wy' is not a field" in refused(script.post("/tasks/recon/remove", {"wy": "x"}), 400)
    assert [task["name"] for task in script.get("/tasks").json()] == ["recon", "digit"]


def test_commands_are_listed_in_the_order_asked_with_what_became_of_them(script, running):
    for weight in (0.5, 0.25, 0.125):
        script.post("/tasks/recon/set_weight", {"weight": weight})
    first, second, _ = JobCommand.objects.order_by("pk")
    first.job = second.job = running
    command_applied(command=first, step=7, detail={})
    command_refused(command=second, step=8, reason="not now")
    listed = commands(script, running)
    assert [(c["state"], c["step"], c["reason"]) for c in listed] == [
        ("applied", 7, None),
        ("refused", 8, "not now"),
        ("pending", None, None),
    ]
    assert [c["payload"]["weight"] for c in listed] == [0.5, 0.25, 0.125]
    assert [c["id"] for c in commands(script, running, state="refused")] == [second.pk]
    assert script.get(f"/jobs/{running.pk}/commands?state=lost").status_code == 400


def test_a_removed_task_comes_back(script, experiment, refused):
    script.post("/tasks/recon/set_weight", {"weight": 0.25})
    before = script.get("/tasks").json()
    assert script.post("/tasks/recon/remove").json() == {"removed": "recon"}
    assert [task["name"] for task in script.get("/tasks").json()] == ["digit"]
    restored = script.post("/tasks/recon/restore")
    assert restored.json() == before[0]
    assert script.get("/tasks").json() == before
    assert "nothing to restore" in refused(script.post("/tasks/recon/restore"), 400)
    assert "was removed within" in refused(script.post("/tasks/none/restore"), 400)


@pytest.mark.django_db(transaction=True)
def test_one_more_task_like_another_joins_the_running_job(trainer_side, script, refused):
    script.post("/model/create", {"class_name": "ConvVAE", "experiment": "mine"})
    script.post("/datasets/load_builtin", {"name": "digits"})
    body = {"class_name": "KLDivergenceTask", "dataset_name": "digits", "name": "kl", "weight": 0.5}
    sliced = {"latent_slice": "2:6", "params": {"warmup_steps": 5}}
    assert script.post("/tasks/add", body | sliced).status_code == 200
    job = job_run_begin(Experiment.objects.get(slug="mine"))
    # Nobody trains the job, so its answer is not there in time, and the task joins later.
    twin = script.post("/tasks/kl/duplicate", {"why": WHY}).json()
    assert twin | {"name": "kl", "colour": 0} == script.get("/tasks").json()[0]
    assert (twin["name"], twin["latent_slice"], twin["weight"]) == ("kl-2", [2, 6], 0.5)
    (asked,) = commands(script, job)
    assert (asked["kind"], asked["why"], asked["by"]) == ("add_task", WHY, "operator")
    assert asked["payload"]["plan"]["name"] == "kl-2"
    assert script.post("/tasks/kl/duplicate").json()["name"] == "kl-3"
    assert "no task named" in refused(script.post("/tasks/none/duplicate"), 404)


def test_a_job_is_run_again_once_it_is_at_its_end(script, running, refused):
    path = f"/jobs/{running.pk}/repeat"
    assert "only a job at its end" in refused(script.post(path), 409)
    job_end(running, state=Job.State.COMPLETED, step=100)
    again = script.post(path).json()
    assert (again["state"], again["repeats"], again["seed"]) == ("queued", running.pk, running.seed)
    assert "there is no job 999" in refused(script.post("/jobs/999/repeat"), 404)
