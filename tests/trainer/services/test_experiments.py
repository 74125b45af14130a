"""Experiments and their tasks, as they are made."""

import math
from functools import partial

import pytest

from tests.trainer.rows import at_once, dataset_make, experiment_make
from trainer.models import Experiment
from trainer.services.card_add import CardRefused, card_add
from trainer.services.datasets import DatasetRefused
from trainer.services.experiments import ExperimentRefused, experiment_activate, experiment_create

pytestmark = [pytest.mark.portable, pytest.mark.django_db]


def create(slug="one", model_class="ConvVAE"):
    return experiment_create(slug=slug, model_class=model_class, model_config={}, model_info={})


def test_the_newest_experiment_is_the_active_one():
    create("one")
    create("two")
    assert list(Experiment.objects.filter(is_active=True).values_list("slug", flat=True)) == ["two"]


@pytest.mark.django_db(transaction=True)
def test_of_several_experiments_made_active_at_once_one_is():
    made = [create(slug) for slug in ("one", "two", "three")]
    for _ in range(10):
        results = at_once(*[partial(experiment_activate, experiment) for experiment in made])
        assert results == [None] * 3
        assert Experiment.objects.filter(is_active=True).count() == 1


def test_an_untrained_model_is_replaced():
    first, second = create(model_class="ConvVAE"), create(model_class="Autoencoder")
    assert first.pk == second.pk
    assert Experiment.objects.get().model_class == "Autoencoder"


def test_an_untrained_model_is_replaced_under_its_tasks():
    experiment = experiment_make("one")
    attached = experiment.task_cards.count()
    assert attached
    assert create("one").pk == experiment.pk
    assert experiment.task_cards.count() == attached


@pytest.mark.parametrize("slug", ["a b", "a/b", "", "x" * 61, "<b>"])
def test_a_slug_that_is_none_is_refused(slug):
    with pytest.raises(ExperimentRefused, match="slug"):
        create(slug)
    assert not Experiment.objects.exists()


@pytest.mark.parametrize("name", ["a/b", "", "<b>", " a", "a  b", "a\n", "x" * 81])
def test_a_name_that_no_path_can_carry_is_refused(experiment, name):
    with pytest.raises(CardRefused, match="name"):
        card_add(experiment=experiment, name=name, class_name="X", dataset=dataset_make())


@pytest.mark.parametrize("weight", [-5.0, math.nan, math.inf])
def test_a_weight_that_is_none_is_refused(experiment, weight):
    with pytest.raises(CardRefused, match="weight"):
        card_add(
            experiment=experiment, name="x", class_name="X", dataset=dataset_make(), weight=weight
        )


def test_a_second_task_of_a_name_does_not_replace_the_first(experiment):
    with pytest.raises(CardRefused, match="a task named 'recon' is attached already"):
        card_add(experiment=experiment, name="recon", class_name="X", dataset=dataset_make())
    assert experiment.task_cards.get(name="recon").class_name == "ReconstructionTask"


def test_each_task_has_a_colour_of_its_own_and_a_free_one_is_taken_again(experiment):
    assert [card.colour for card in experiment.task_cards.all()] == [0, 1]
    experiment.task_cards.get(name="recon").delete()
    card = card_add(experiment=experiment, name="x", class_name="X", dataset=dataset_make())
    assert card.colour == 0


def test_data_under_a_name_that_is_taken_is_refused():
    dataset_make()
    assert dataset_make().name == "digits"
    with pytest.raises(DatasetRefused, match="another dataset is called 'digits'"):
        dataset_make(content_hash="1" * 64)
