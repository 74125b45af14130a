"""The cards of the attached tasks: what they show, and what their buttons do."""

import datetime
import re

import numpy as np
import pytest

from tests.dashboard.reading import words
from tests.dashboard.rows import Scribe, experiment_make
from tests.dashboard.task_offers import answer_next_call, text_of
from trainer.models import Call, JobCommand, RegisteredClass, TaskCard
from trainer.services.card_add import card_add
from trainer.services.commands import command_applied, command_refused

PANEL = "/partials/tasks/"
RESTORE = "/partials/cards/restore/"


def path(card: TaskCard, verb: str) -> str:
    return f"/partials/cards/{card.pk}/{verb}/"


def card_named(experiment, name: str) -> TaskCard:
    return TaskCard.objects.get(experiment=experiment, name=name)


def test_a_card_says_what_the_task_is_and_how_it_does(experiment, htmx):
    TaskCard.objects.filter(name="kl").update(latent_start=0, latent_end=4, enabled=False)
    scribe = Scribe.start(experiment)
    scribe.write(30)
    text = text_of(htmx.get(PANEL))
    assert "KLDivergenceTask on digits, latent 0:4" in text
    assert "ReconstructionTask on digits, whole latent" in text
    assert 'data-task-loss="recon">0.2564<' in text
    assert 'data-health="healthy">healthy<' in text
    assert 'aria-checked="false"' in text


def test_a_disabled_task_has_no_health_and_its_loss_is_the_last_one_of_its_training(
    experiment, htmx
):
    scribe = Scribe.start(experiment, steps=5000)
    scribe.write(1397)
    TaskCard.objects.filter(name="kl").update(enabled=False)
    card = card_named(experiment, "kl")
    told = words(htmx.get(PANEL))
    assert "kl last 0.01422 at step 1,397 KLDivergenceTask on digits, whole latent disabled" in told
    assert "recon latest loss 0.007112 ReconstructionTask on digits, whole latent healthy" in told
    drawer = words(htmx.get(path(card, "detail")))
    assert "Last, at step 1,397 0.01422" in drawer
    assert "Health disabled" in drawer


def test_shares_of_the_total_add_up_over_the_latest_steps(experiment, htmx):
    Scribe.start(experiment).write(30)
    rows = htmx.get(PANEL).context["card_rows"]
    # The scribe's losses are 1 : 2 : 3, their weights 1, 0.002 and 0.25.
    weighted = np.array([1, 2 * 0.002, 3 * 0.25])
    expected = [round(100 * part) for part in weighted / weighted.sum()]
    assert [row.share_percent for row in rows] == expected


def test_a_loss_that_is_no_number_is_said_in_words(experiment, htmx):
    Scribe.start(experiment).write(30, kl={30: np.nan})
    assert 'data-task-loss="kl">not finite<' in text_of(htmx.get(PANEL))


@pytest.mark.parametrize("typed", ["0.5", " .5 ", "5e-1"])
def test_a_weight_is_taken_as_typed(typed, experiment, htmx):
    card = card_named(experiment, "kl")
    response = htmx.post(path(card, "weight"), {"weight": typed})
    assert response.status_code == 200
    assert 'value="0.5"' in text_of(response)
    assert response.headers["HX-Trigger"] == '{"acc:tasks": {}}'
    assert card_named(experiment, "kl").weight == 0.5


@pytest.mark.parametrize("typed", ["", "abc", "0,5", "nan", "inf", "-1", "1e300", "<b>"])
def test_a_refused_weight_stays_in_the_field_with_the_reason_beside_it(typed, experiment, htmx):
    card = card_named(experiment, "kl")
    response = htmx.post(path(card, "weight"), {"weight": typed})
    assert response.status_code == 422
    (row,) = [response.context["row"]]
    assert row.weight_text == typed
    assert row.refusal.sentence.startswith("weight: ")
    assert ".." not in re.sub(r"<[^>]+>", "", text_of(response))
    assert 'aria-invalid="true"' in text_of(response)
    assert "<b>" not in text_of(response)
    assert response.headers["HX-Retarget"] == f"#task-card-{card.pk}"
    assert card_named(experiment, "kl").weight == card.weight


def test_a_switch_pressed_twice_on_old_pages_switches_once(experiment, htmx):
    card = card_named(experiment, "kl")
    for _ in range(2):
        assert htmx.post(path(card, "toggle"), {"enabled": "false"}).status_code == 200
    assert not card_named(experiment, "kl").enabled


def test_a_change_during_a_job_is_asked_then_applied_at_its_step(experiment, htmx):
    scribe = Scribe.start(experiment)
    card = card_named(experiment, "kl")
    response = htmx.post(path(card, "weight"), {"weight": "0.5"})
    assert '<p data-command="pending">weight 0.5: asked</p>' in text_of(response)
    command = JobCommand.objects.get()
    command.job = scribe.job
    command_applied(command=command, step=1234, detail={"task": "kl", "old": 0.002, "new": 0.5})
    text = text_of(htmx.get(PANEL))
    assert '<p data-command="applied">weight 0.5 at step 1,234</p>' in text
    scribe.end()
    assert "data-command" not in text_of(htmx.get(PANEL))


def test_a_switch_is_told_as_what_it_did(experiment, htmx):
    scribe = Scribe.start(experiment)
    htmx.post(path(card_named(experiment, "kl"), "toggle"), {"enabled": "false"})
    command = JobCommand.objects.get()
    command.job = scribe.job
    command_applied(command=command, step=1234, detail={"task": "kl", "new": False})
    assert '<p data-command="applied">disabled at step 1,234</p>' in text_of(htmx.get(PANEL))


def test_a_change_that_the_job_refuses_is_told_on_the_card_with_the_reason(experiment, htmx):
    scribe = Scribe.start(experiment)
    htmx.post(path(card_named(experiment, "kl"), "toggle"), {"enabled": "false"})
    command = JobCommand.objects.get()
    command.job = scribe.job
    command_refused(command=command, step=5, reason="it is <gone>")
    assert "disable: refused, it is &lt;gone&gt;" in text_of(htmx.get(PANEL))


def test_a_card_that_is_gone_only_has_the_panel_fetched_anew(experiment, htmx):
    card = card_named(experiment, "kl")
    for pk in (card.pk, 2**70):
        TaskCard.objects.filter(pk=card.pk).delete()
        response = htmx.post(f"/partials/cards/{pk}/weight/", {"weight": "1"})
        assert response.status_code == 204
        assert "acc:tasks" in response.headers["HX-Trigger"]


def test_a_card_of_another_experiment_is_not_changed(experiment, htmx):
    other = experiment_make("other", is_active=False)
    card = card_named(other, "kl")
    assert htmx.post(path(card, "toggle"), {"enabled": "false"}).status_code == 204
    assert card_named(other, "kl").enabled


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("valkey")
def test_a_duplicate_is_asked_of_the_trainer_with_all_that_the_card_has(experiment, htmx):
    experiment.model_info = {"latent_dim": 8}
    experiment.save()
    TaskCard.objects.filter(name="kl").update(latent_start=0, latent_end=4, params={"a": 1})
    card = card_named(experiment, "kl")
    declared = {"name": "a", "type": "int", "default": 0, "required": False, "description": ""}
    RegisteredClass.objects.filter(class_name=card.class_name).update(parameters=[declared])
    attach = {"experiment": experiment, "class_name": card.class_name, "dataset": card.dataset}
    thread = answer_next_call(
        doing=lambda _: card_add(name="kl-2", **attach), answer={"name": "kl-2"}
    )
    response = htmx.post(path(card, "duplicate"))
    thread.join()
    assert response.status_code == 200, response.content
    assert '"words": "Added kl-2."' in response.headers["HX-Trigger"]
    payload = Call.objects.get().payload
    assert (payload["name"], payload["stem"]) == (None, "kl")
    assert (payload["latent_slice"], payload["params"]) == ([0, 4], {"a": 1})


def test_a_duplicate_that_cannot_be_made_is_refused_on_the_card(experiment, htmx):
    response = htmx.post(path(card_named(experiment, "kl"), "duplicate"))
    assert response.status_code == 422
    assert "The trainer is offline" in text_of(response)


def test_a_removed_task_can_be_brought_back_for_twenty_seconds(experiment, htmx, still_clock):
    card = card_named(experiment, "kl")
    assert htmx.post(path(card, "remove")).status_code == 204
    (undo,) = htmx.get(PANEL).context["undo_rows"]
    assert (undo.card.name, undo.seconds) == ("kl", 20)
    assert "Removed kl." in text_of(htmx.get(PANEL))
    response = htmx.post(RESTORE, {"name": "kl"})
    assert response.status_code == 200
    assert response.context["undo_rows"] == []
    assert card_named(experiment, "kl").pk == card.pk
    htmx.post(path(card, "remove"))
    ago = still_clock - datetime.timedelta(seconds=20.1)
    TaskCard.with_removed.filter(pk=card.pk).update(removed_at=ago)
    assert htmx.get(PANEL).context["undo_rows"] == []


def test_a_name_that_was_taken_meanwhile_is_offered_no_more(experiment, htmx):
    card = card_named(experiment, "kl")
    htmx.post(path(card, "remove"))
    card_add(experiment=experiment, name="kl", class_name=card.class_name, dataset=card.dataset)
    assert htmx.get(PANEL).context["undo_rows"] == []
    assert htmx.post(RESTORE, {"name": "kl"}).status_code == 422


def test_changes_need_somebody_who_is_signed_in(experiment, client):
    card = card_named(experiment, "kl")
    for verb in ("weight", "toggle", "remove", "duplicate"):
        assert client.post(path(card, verb), {"weight": "9"}).status_code == 302
    assert card_named(experiment, "kl").weight == card.weight
