"""Changes to attached tasks, and what a job in progress hears of them."""

import math

import pytest

from tests.trainer.rows import dataset_make, experiment_make, job_run_begin
from trainer.models import JobCommand, TaskCard
from trainer.services.cards import (
    CardConflict,
    card_name_default,
    card_remove,
    card_set_weight,
    card_toggle,
    latent_slice_parse,
)
from trainer.services.experiments import CardRefused, card_add

pytestmark = pytest.mark.portable


@pytest.fixture
def card(experiment):
    return experiment.task_cards.get(name="recon")


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


def test_a_task_attached_after_the_start_is_not_told_to_the_job(experiment, running):
    late = card_add(experiment=experiment, name="late", class_name="ATask", dataset=dataset_make())
    card_set_weight(card=late, weight=2.0)
    card_toggle(card=late)
    assert told() == []


def test_a_toggle_reaches_the_running_job(card, running):
    assert not card_toggle(card=card).enabled
    assert card_toggle(card=card).enabled
    assert told() == [
        ("set_enabled", {"task": "recon", "enabled": False}),
        ("set_enabled", {"task": "recon", "enabled": True}),
    ]


def test_a_running_job_keeps_its_last_task(experiment, card, running):
    card_toggle(card=card)
    with pytest.raises(CardConflict, match="only enabled task of job"):
        card_toggle(card=experiment.task_cards.get(name="digit"))
    assert experiment.task_cards.get(name="digit").enabled


def test_a_task_is_not_removed_under_a_job(card, queued):
    with pytest.raises(CardConflict, match=f"job {queued.pk} is queued"):
        card_remove(card=card)
    assert TaskCard.objects.filter(pk=card.pk).exists()


def test_a_removed_task_is_gone_and_its_name_free(experiment, card):
    assert card_remove(card=card) == "recon"
    assert [card.name for card in experiment.task_cards.all()] == ["digit"]
    card_add(experiment=experiment, name="recon", class_name="ATask", dataset=dataset_make())


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


@pytest.mark.django_db
def test_a_weight_of_one_experiment_does_not_reach_the_job_of_another():
    job_run_begin(experiment_make("first"))
    other = experiment_make("second")
    card_set_weight(card=other.task_cards.get(name="recon"), weight=3.0)
    assert told() == []
