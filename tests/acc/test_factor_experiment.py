"""The factor experiment as a script: what it announces, and which numbers it takes."""

import pytest

from acc.factor_slot_autoencoder import FactorSlotAutoencoder
from acc.recipes.mnist_factor_experiment import SLOTS, MnistFactorExperiment


def test_each_slot_is_where_the_default_model_keeps_its_factor():
    groups = {group.name: group for group in FactorSlotAutoencoder().factor_groups}
    assert {name: f"{groups[name].start}:{groups[name].end}" for name in SLOTS} == SLOTS


def test_both_branches_take_equally_many_steps():
    plan = MnistFactorExperiment(steps=10, probe_steps=3, seeds=2).plan()
    assert sum(plan.values()) == 2 * (10 + 20 + 3 + 20 + 3)
    alone = plan["seed 1: digits only"]
    assert alone == plan["seed 1: curriculum, thickness"] + plan["seed 1: curriculum, slant"]


@pytest.mark.parametrize(
    ("params", "words"),
    [
        ({"steps": 0}, "steps must be a whole number from 1"),
        ({"seeds": 21}, "seeds must be a whole number from 1 to 20"),
        ({"data": "cifar10"}, "data must be auto, mnist or digits, not cifar10"),
    ],
)
def test_a_parameter_out_of_its_range_is_refused_in_a_sentence(params, words):
    with pytest.raises(ValueError, match=words):
        MnistFactorExperiment(**params)
