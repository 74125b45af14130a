"""Tasks as an operator asks for them, from classes that do as they please."""

from typing import Any

import pytest

from acc.tasks.base import LossBounds, TaskError
from acc.tasks.create import create_task
from acc.tasks.facts import task_facts
from tests.acc.small_models import SmallModel, dataset
from tests.acc.test_task_attach import PersonsTask


class Forgetful(PersonsTask):
    """Takes everything and passes on what it likes."""

    def __init__(self, name, dataset, **options):
        self.options = options
        self.calls = 0
        super(PersonsTask, self).__init__(f"{name}-aux", dataset)


class Halving(PersonsTask):
    """Trains on a part of what it is given."""

    def __init__(self, name, dataset, weight=1.0, latent_slice=None):
        self.calls = 0
        self.dataset = dataset.to("cpu")


class Tuple(PersonsTask):
    loss_bounds: Any = (0.1, 2.0)


class Endless(PersonsTask):
    loss_bounds: Any = LossBounds(healthy=0.1, critical=float("inf"))


class Raising(PersonsTask):
    @property
    def loss_bounds(self) -> LossBounds:  # type: ignore[override]
        raise RuntimeError("not today")


class Stateful(PersonsTask):
    """Has attributes of its own under names that ACC might have taken."""

    def __init__(self, name, dataset, weight=1.0, latent_slice=None):
        self.calls = 0
        self.state = {"seen": 0}
        self.load_state = None
        vars(self)["metrics"] = None


def test_name_weight_and_slice_are_those_asked_for_whatever_the_constructor_does():
    data = dataset(None)
    task = create_task(Forgetful, name="mine", dataset=data, weight=0.01, latent_slice=(0, 4))
    assert (task.name, task.weight, task.latent_slice) == ("mine", 0.01, (0, 4))
    task.attach(SmallModel())
    assert task.head.in_features == 4


def test_a_dataset_that_the_constructor_puts_in_its_place_stays():
    data = dataset(None)
    assert create_task(Halving, name="half", dataset=data).dataset is not data


@pytest.mark.parametrize("task_class", [Tuple, Endless, Raising])
def test_loss_bounds_that_are_none_are_refused_before_anything_trains(task_class):
    with pytest.raises(TaskError, match="loss_bounds"):
        create_task(task_class, name="odd", dataset=dataset(None))


def test_they_are_told_when_the_file_is_saved():
    with pytest.raises(TypeError, match=r"write LossBounds\(healthy"):
        task_facts(Tuple)
    assert task_facts(Raising)["declares"]["loss_bounds"] is None


def test_attributes_of_its_own_do_not_stand_in_the_way_of_a_checkpoint():
    task = create_task(Stateful, name="own", dataset=dataset(None))
    assert task.checkpoint_state() == {}
    task.load_checkpoint_state({})


def test_a_text_from_before_the_methods_had_their_names_keeps_its_counters():
    class Older(PersonsTask):
        def state(self):
            return {"calls": self.calls}

        def load_state(self, state):
            self.calls = state["calls"]

    task = create_task(Older, name="old", dataset=dataset(None))
    task.load_checkpoint_state({"calls": 7})
    assert task.checkpoint_state() == {"calls": 7}
