"""A change that a job refuses does not stay on a card as if it were in force."""

import pytest

from trainer.models import JobCommand, TaskCard
from trainer.services.card_refusals import card_command_refused
from trainer.services.cards import (
    card_attach,
    card_remove,
    card_restore,
    card_set_weight,
    card_toggle,
)
from trainer.services.sources import sources_of

pytestmark = pytest.mark.portable

AS_TRAINED = {"weight": 1.0, "enabled": True}


@pytest.fixture
def card(experiment):
    return experiment.task_cards.get(name="recon")


def refuse(job, in_force=None):
    """Refuse what was asked first and is not answered yet, as a worker does."""
    command = job.commands.filter(state="pending").earliest("pk")
    command.job = job
    card_command_refused(command=command, step=7, reason="it cannot be", in_force=in_force)
    return command


def attached(experiment):
    return {card.name: (card.weight, card.enabled) for card in experiment.task_cards.all()}


def join(experiment):
    card, _ = card_attach(
        experiment=experiment,
        sources=sources_of([("tasks", "ReconstructionTask")]),
        name="late",
        class_name="ReconstructionTask",
        dataset=experiment.task_cards.first().dataset,
    )
    return card


@pytest.mark.parametrize("change", [card_toggle, card_remove])
def test_a_card_goes_back_to_what_the_job_trains(experiment, card, running, change):
    before = attached(experiment)
    change(card=card)
    assert attached(experiment) != before
    refuse(running, AS_TRAINED)
    assert attached(experiment) == before
    assert running.events.get(kind="refused").detail["reason"] == "it cannot be"


def test_what_was_asked_later_decides_what_the_card_says(experiment, card, running):
    card_set_weight(card=card, weight=0.0)
    card_set_weight(card=card, weight=0.5)
    refuse(running, AS_TRAINED)
    assert attached(experiment)["recon"] == (0.5, True)
    refuse(running, AS_TRAINED)
    assert attached(experiment)["recon"] == (1.0, True)


def test_a_task_that_could_not_join_is_attached_no_more_and_cannot_come_back(experiment, running):
    join(experiment)
    refuse(running)
    assert list(attached(experiment)) == ["recon", "digit"]
    assert not TaskCard.with_removed.filter(name="late").exists()


def test_a_task_that_could_not_come_back_is_not_attached(experiment, card, running):
    card_remove(card=card)
    card_restore(experiment=experiment, name="recon")
    refuse(running, None)
    refuse(running, None)
    assert list(attached(experiment)) == ["digit"]


def test_a_refusal_that_is_reported_twice_counts_once(experiment, card, running):
    card_toggle(card=card)
    command = refuse(running, AS_TRAINED)
    card_toggle(card=card)
    card_command_refused(command=command, step=9, reason="again", in_force=AS_TRAINED)
    assert attached(experiment)["recon"] == (1.0, False)
    assert running.events.filter(kind="refused").count() == 1


def test_what_a_repetition_is_refused_leaves_the_cards_alone(experiment, card, running):
    JobCommand.objects.create(
        job=running, kind="set_weight", payload={"task": "recon", "weight": 3.0}, due_step=0
    )
    TaskCard.objects.filter(pk=card.pk).update(weight=0.25)
    refuse(running, AS_TRAINED)
    assert attached(experiment)["recon"] == (0.25, True)
