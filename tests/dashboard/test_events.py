"""What happened to a job, as the list under its curves and its exports tell it."""

import csv
import io

import pytest

from tests.dashboard.rows import Scribe
from tests.dashboard.task_offers import text_of
from trainer.models import Job, JobCommand, JobEvent, TaskCard
from trainer.services.cards import card_set_weight
from trainer.services.commands import command_applied, command_refused, command_send

LIST = "/partials/events/"


@pytest.fixture
def scribe(experiment) -> Scribe:
    made = Scribe.start(experiment)
    made.write(30)
    return made


def words(response) -> list[str]:
    return [happening.words for happening in response.context["happenings"]]


def answer(scribe: Scribe, command: JobCommand, reason: str = "", **detail: object) -> None:
    command.job = scribe.job
    if reason:
        command_refused(command=command, step=scribe.step, reason=reason)
    else:
        command_applied(command=command, step=scribe.step, detail=detail)


def test_the_newest_comes_first_and_each_is_said_as_one_says_it(scribe, htmx):
    scribe.happen("set_weight", task="kl", old=0.002, new=0.5)
    scribe.happen("set_enabled", task="digit", new=False)
    scribe.happen("set_lr", lr=0.0005, probe_lr=None)
    scribe.happen("remove_task", task="kl")
    scribe.happen("restore_task", task="kl")
    scribe.happen("add_task", task="more", weight=1.0)
    scribe.happen("save_checkpoint", checkpoint=7, tag="good")
    assert words(htmx.get(LIST)) == [
        "save checkpoint, checkpoint 7, tag good",
        "more added",
        "kl brought back",
        "kl removed",
        "learning rate 0.0005",
        "digit disabled",
        "weight of kl 0.002 → 0.5",
        "started, device cpu, threads 1",
        "queued",
    ]


def test_an_end_says_how_many_steps_took_how_long(scribe, htmx):
    scribe.happen("completed", steps=3000, seconds=195.802)
    scribe.happen("stopped", steps=1, seconds=0.4)
    told = words(htmx.get(LIST))[:2]
    assert told == ["stopped: 1 step in 0 s", "completed: 3,000 steps in 3 min 16 s"]


def test_what_was_asked_is_there_before_its_answer_and_a_refusal_keeps_its_reason(scribe, htmx):
    card_set_weight(card=TaskCard.objects.get(name="kl"), weight=0.5, by="bob")
    (asked, *_) = htmx.get(LIST).context["happenings"]
    assert (asked.words, asked.outcome, asked.by) == ("weight 0.5 of kl asked", "asked", "bob")
    answer(scribe, JobCommand.objects.get(), reason="no <such> task")
    (refused, *_) = htmx.get(LIST).context["happenings"]
    assert refused.words == "refused weight 0.5 of kl: no <such> task"
    assert (refused.outcome, refused.step) == ("refused", 30)
    assert "&lt;such&gt;" in text_of(htmx.get(LIST))


def test_a_command_that_the_jobs_end_came_before_is_kept_with_its_reason(scribe, htmx):
    command_send(job=scribe.job, kind="pause", by="ada")
    scribe.end(Job.State.STOPPED)
    assert "refused pause: the job ended first" in words(htmx.get(LIST))


def test_the_reason_that_somebody_gave_stands_below_the_words(scribe, htmx):
    scribe.happen("pause")
    JobEvent.objects.filter(kind="pause").update(why="to look at <it>")
    assert "to look at &lt;it&gt;" in text_of(htmx.get(LIST))


def test_only_what_not_every_job_has_leads_to_a_mark_on_the_curves(scribe, htmx):
    scribe.happen("pause")
    assert text_of(htmx.get(LIST)).count("data-event-step") == 1


def test_the_list_is_that_of_the_job_whose_curves_are_shown(scribe, experiment, htmx):
    scribe.happen("pause")
    scribe.end()
    Scribe.start(experiment)
    assert "paused" not in words(htmx.get(LIST))
    assert "paused" in words(htmx.get(f"{LIST}?job={scribe.job.pk}"))
    assert "paused" in words(htmx.get(f"/partials/loss_curves/?job={scribe.job.pk}"))


def test_without_a_job_there_is_no_list(experiment, htmx):
    assert htmx.get(LIST).status_code == 204


def test_the_table_to_download_has_a_row_an_event_and_no_formulas(scribe, browser_client):
    scribe.happen("set_weight", task="kl", old=0.002, new=0.5)
    JobEvent.objects.filter(kind="set_weight").update(why="=HYPERLINK(1)", by="ada")
    response = browser_client.get(f"/job/{scribe.job.pk}/events.csv")
    assert response.headers["Content-Type"] == "text/csv; charset=utf-8"
    name = f'attachment; filename="job-{scribe.job.pk}-events.csv"'
    assert response.headers["Content-Disposition"] == name
    rows = list(csv.DictReader(io.StringIO(response.content.decode())))
    assert [row["kind"] for row in rows] == ["queued", "started", "set_weight"]
    told = {key: rows[-1][key] for key in ("step", "outcome", "task", "what", "by", "why")}
    assert told == {
        "step": "30",
        "outcome": "done",
        "task": "kl",
        "what": "weight of kl 0.002 → 0.5",
        "by": "ada",
        "why": "'=HYPERLINK(1)",
    }


def test_the_exports_are_linked_and_need_a_job_and_somebody_signed_in(
    scribe, htmx, client, browser_client
):
    text = text_of(htmx.get(LIST))
    assert f'href="/job/{scribe.job.pk}/events.csv"' in text
    assert f'href="/jobs/{scribe.job.pk}/events"' in text
    assert browser_client.get(f"/jobs/{scribe.job.pk}/events").json()[0]["words"] == "queued"
    assert browser_client.get(f"/job/{2**70}/events.csv").status_code == 404
    assert client.get(f"/job/{scribe.job.pk}/events.csv").status_code == 302


def test_a_repetitions_orders_say_at_which_step_they_are_due(scribe, htmx):
    command = command_send(job=scribe.job, kind="pause", by="ada")
    JobCommand.objects.filter(pk=command.pk).update(due_step=1234)
    assert "pause due at step 1,234" in words(htmx.get(LIST))
