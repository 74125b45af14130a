"""Changes to attached tasks, and what a job in progress hears of them."""

import datetime
import math

import pytest
from django.utils import timezone

from tests.trainer.rows import dataset_make, experiment_make, job_run_begin
from trainer.models import JobCommand, RegisteredClass, TaskCard
from trainer.services.card_add import CardRefused, card_add
from trainer.services.cards import (
    CardConflict,
    card_attach,
    card_name_default,
    card_remove,
    card_restore,
    card_set_weight,
    card_toggle,
    cards_forget_removed,
    latent_slice_parse,
)
from trainer.services.plan import task_plan
from trainer.services.reconciler import reconcile_once
from trainer.services.sources import sources_of

pytestmark = pytest.mark.portable


@pytest.fixture
def card(experiment):
    return experiment.task_cards.get(name="recon")


def attach(experiment, **chosen):
    """Attach a task as the eval worker does."""
    return card_attach(
        experiment=experiment,
        sources=sources_of([("tasks", "ReconstructionTask"), ("models", "ConvVAE")]),
        by="ann",
        why="to see",
        class_name="ReconstructionTask",
        dataset=dataset_make(),
        **chosen,
    )


def told():
    return [(command.kind, command.payload) for command in JobCommand.objects.all()]


def test_a_weight_changes_the_card_and_the_running_job(card, running):
    changed = card_set_weight(card=card, weight=0.5, by="ann")
    assert changed.weight == TaskCard.objects.get(pk=card.pk).weight == 0.5
    assert told() == [("set_weight", {"task": "recon", "weight": 0.5})]
    assert JobCommand.objects.get().by == "ann"


def test_a_job_that_waits_for_a_worker_is_told_too(card, queued):
    card_set_weight(card=card, weight=0.5)
    assert told() == [("set_weight", {"task": "recon", "weight": 0.5})]


def test_without_a_job_only_the_card_changes(card):
    assert card_set_weight(card=card, weight=0.0).weight == 0.0
    assert not card_toggle(card=card).enabled
    assert card_toggle(card=card).enabled
    assert told() == []


@pytest.mark.parametrize("weight", [-1.0, math.nan, math.inf, 1e9])
def test_a_weight_that_is_none_is_refused(card, running, weight):
    with pytest.raises(CardRefused, match="weight: must be a number from 0"):
        card_set_weight(card=card, weight=weight)
    assert TaskCard.objects.get(pk=card.pk).weight == 1.0
    assert told() == []


def test_a_task_attached_during_a_job_is_told_to_it_with_all_that_it_needs(experiment, running):
    late, command = attach(experiment, name="late", weight=0.5)
    assert command is not None
    assert (command.kind, command.by, command.why) == ("add_task", "ann", "to see")
    assert command.payload["plan"] == task_plan(late)
    assert command.payload["dataset"]["spec"] == {"builtin": "digits", "image_size": 32}
    assert [ref["class_name"] for ref in command.payload["sources"]] == ["ReconstructionTask"]
    card_set_weight(card=late, weight=2.0)
    card_toggle(card=late)
    assert [kind for kind, _ in told()] == ["add_task", "set_weight", "set_enabled"]


def test_without_a_job_an_attached_task_is_told_to_nobody(experiment):
    late, command = attach(experiment, name="late")
    assert (late.name, command) == ("late", None)
    assert told() == []


def test_a_toggle_reaches_the_running_job(card, running):
    assert not card_toggle(card=card).enabled
    assert card_toggle(card=card).enabled
    assert told() == [
        ("set_enabled", {"task": "recon", "enabled": False}),
        ("set_enabled", {"task": "recon", "enabled": True}),
    ]


def test_a_removal_reaches_the_running_job_and_its_undoing_too(experiment, card, running):
    assert card_remove(card=card, by="ann", why="in the way") == "recon"
    assert [card.name for card in experiment.task_cards.all()] == ["digit"]
    assert card_restore(experiment=experiment, name="recon") == card
    assert [card.name for card in experiment.task_cards.all()] == ["recon", "digit"]
    assert told() == [("remove_task", {"task": "recon"}), ("restore_task", {"task": "recon"})]
    assert JobCommand.objects.first().why == "in the way"


def test_a_removed_task_is_gone_and_its_name_free(experiment, card):
    assert card_remove(card=card) == "recon"
    attach(experiment, name="recon")
    with pytest.raises(CardRefused, match="'recon' is attached; there is nothing to restore"):
        card_restore(experiment=experiment, name="recon")
    with pytest.raises(CardConflict, match="removed meanwhile"):
        card_toggle(card=card)


def test_the_task_that_was_removed_last_comes_back_as_it_was(experiment, card):
    card_remove(card=card)
    second, _ = attach(experiment, name="recon", weight=0.25)
    card_remove(card=second)
    assert card_restore(experiment=experiment, name="recon") == second
    assert experiment.task_cards.get(name="recon").weight == 0.25


def test_what_was_never_removed_cannot_come_back(experiment):
    with pytest.raises(CardRefused, match="no task named 'none' was removed"):
        card_restore(experiment=experiment, name="none")


def test_a_task_that_comes_back_to_a_job_started_since_joins_it_as_a_new_one(experiment, card):
    card_remove(card=card)
    job_run_begin(experiment)
    card_restore(experiment=experiment, name="recon")
    assert [kind for kind, _ in told()] == ["add_task"]


def test_a_class_that_is_no_longer_on_offer_keeps_a_task_from_joining_a_job(experiment, card):
    card_remove(card=card)
    job_run_begin(experiment)
    RegisteredClass.objects.filter(class_name="ReconstructionTask").delete()
    with pytest.raises(CardRefused, match="no task class is called 'ReconstructionTask'"):
        card_restore(experiment=experiment, name="recon")
    assert not experiment.task_cards.filter(name="recon").exists()


def test_an_hour_later_a_removed_task_is_forgotten(experiment, card):
    card_remove(card=card)
    cards_forget_removed()
    assert TaskCard.with_removed.filter(pk=card.pk).exists()
    hour_ago = timezone.now() - datetime.timedelta(hours=1, seconds=1)
    TaskCard.with_removed.filter(pk=card.pk).update(removed_at=hour_ago)
    reconcile_once()
    assert not TaskCard.with_removed.filter(pk=card.pk).exists()
    assert experiment.task_cards.count() == 1


def test_a_colour_stays_a_removed_tasks_own_while_it_may_come_back(experiment, card):
    card_remove(card=card)
    late, _ = attach(experiment, name="late")
    assert late.colour not in {card.colour for card in TaskCard.with_removed.exclude(pk=late.pk)}


@pytest.mark.parametrize(("text", "ends"), [("0:4", (0, 4)), (" 3:17 ", (3, 17)), ("00:1", (0, 1))])
def test_a_slice_is_two_numbers(text, ends):
    assert latent_slice_parse(text) == ends


@pytest.mark.parametrize(
    "text",
    ["5", "", ":", "0:", ":4", "0:4:8", "abc:def", "-1:4", "0.5:2", "1e1:20", "0:4\n1"],
)
def test_anything_else_is_no_slice(text):
    with pytest.raises(CardRefused, match="is no latent slice; a latent slice is written"):
        latent_slice_parse(text)


@pytest.mark.parametrize("text", ["4:4", "8:2"])
def test_a_slice_goes_forward(text):
    with pytest.raises(CardRefused, match="its start must be below its end"):
        latent_slice_parse(text)


@pytest.mark.parametrize(
    ("class_name", "name"),
    [
        ("ReconstructionTask", "reconstruction-digits"),
        ("KLDivergenceTask", "kl-divergence-digits"),
        ("Mine", "mine-digits"),
    ],
)
def test_a_name_is_made_of_class_and_dataset(experiment, class_name, name):
    made = card_name_default(experiment=experiment, class_name=class_name, dataset_name="digits")
    assert made == name


def test_a_name_that_is_taken_gets_a_number(experiment):
    for expected in ("mine-digits", "mine-digits-2", "mine-digits-3"):
        name = card_name_default(experiment=experiment, class_name="Mine", dataset_name="digits")
        assert name == expected
        card_add(experiment=experiment, name=name, class_name="Mine", dataset=dataset_make())


def test_two_tasks_that_nobody_named_get_different_names_however_close_they_come(experiment):
    names = [attach(experiment, stem="mine-digits")[0].name for _ in range(2)]
    assert names == ["mine-digits", "mine-digits-2"]


@pytest.mark.django_db
def test_a_weight_of_one_experiment_does_not_reach_the_job_of_another():
    job_run_begin(experiment_make("first"))
    other = experiment_make("second")
    card_set_weight(card=other.task_cards.get(name="recon"), weight=3.0)
    assert told() == []
