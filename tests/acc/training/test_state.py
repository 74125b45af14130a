"""A state that was captured and restored goes on as if nothing had happened."""

import json
import random
from collections.abc import Callable, Mapping

import numpy as np
import pytest
import torch

from acc.dataset import AccDataset
from acc.tasks.classification import ClassificationTask
from acc.training.schedule import Schedule
from acc.training.state import (
    StateMismatchError,
    TrainingState,
    adopt,
    adopt_weights,
    capture,
    restore,
)
from acc.training.trainer import Trainer

Maker = Callable[..., Trainer]


def curves(trainer: Trainer, steps: int) -> np.ndarray:
    """Train, and return the losses of the steps, [steps, tasks + 1]."""
    for _ in range(steps):
        trainer.step()
    return np.concatenate([run.values_ST for run in trainer.ring.drain()])


def through_json(state: TrainingState) -> TrainingState:
    """Return the state as a file would bring it back."""
    return TrainingState(tensors=state.tensors, meta=json.loads(json.dumps(state.meta)))


@pytest.mark.parametrize("schedule", list(Schedule))
def test_a_restored_training_repeats_the_curve_to_the_last_bit(
    make_trainer: Maker, schedule: Schedule
) -> None:
    trainer = make_trainer(schedule=schedule)
    curves(trainer, 23)
    trainer.set_weight("kl", 0.2)
    trainer.set_lr(lr=3e-4)
    state = through_json(capture(trainer))
    expected = curves(trainer, 25)
    restored = make_trainer(seed=9, schedule=schedule)
    restore(restored, state)
    np.testing.assert_array_equal(curves(restored, 25), expected)
    assert restored.step_count == 48


def test_capturing_changes_nothing(make_trainer: Maker) -> None:
    expected = curves(make_trainer(), 10)
    watched = make_trainer()
    first = curves(watched, 5)
    capture(watched)
    np.testing.assert_array_equal(np.concatenate([first, curves(watched, 5)]), expected)


def test_every_random_generator_is_restored(make_trainer: Maker) -> None:
    trainer = make_trainer()
    state = through_json(capture(trainer))
    drawn = _drawn()
    restore(trainer, state)
    assert _drawn() == drawn


def _drawn() -> tuple[float, float, float]:
    # The legacy generator is the one that a task file is likely to use.
    return random.random(), float(np.random.rand()), torch.rand(1).item()  # noqa: NPY002


def test_a_name_that_begins_with_another_ones_is_kept_apart(
    make_trainer: Maker, blobs: AccDataset
) -> None:
    def make(seed: int) -> Trainer:
        trainer = make_trainer(seed=seed, names="digit")
        longer = ClassificationTask("digit.0", blobs)
        longer.attach(trainer.model)
        trainer.add_task(longer)
        return trainer

    trainer = make(0)
    curves(trainer, 4)
    state = through_json(capture(trainer))
    expected = curves(trainer, 4)
    restored = make(3)
    restore(restored, state)
    np.testing.assert_array_equal(curves(restored, 4), expected)


def test_a_state_of_other_tasks_is_refused_and_nothing_is_loaded(make_trainer: Maker) -> None:
    trainer, other = make_trainer(names="recon digit"), make_trainer(seed=5)
    before = {key: value.clone() for key, value in trainer.model.state_dict().items()}
    with pytest.raises(StateMismatchError, match="the tasks"):
        restore(trainer, capture(other))
    assert all(torch.equal(before[key], value) for key, value in trainer.model.state_dict().items())


def test_a_new_job_takes_over_weights_and_moments_but_not_the_schedule(
    make_trainer: Maker,
) -> None:
    earlier = make_trainer()
    curves(earlier, 12)
    later = make_trainer(seed=7, names="recon digit")
    adopt(later, through_json(capture(earlier)))
    assert later.step_count == 0
    taken_over = later.model.state_dict()
    assert all(
        torch.equal(value, taken_over[key]) for key, value in earlier.model.state_dict().items()
    )
    head = later.tasks["digit"].head
    assert head is not None
    assert all(parameter in later.optimizer.state for parameter in head.parameters())


class OtherProbe(ClassificationTask):
    """Another class of task, whose head has the same shape."""


class Picky(ClassificationTask):
    def load_checkpoint_state(self, state: Mapping[str, float | int | str]) -> None:
        self.mean = state["mean"]


@pytest.mark.parametrize("task_class", [OtherProbe, Picky])
def test_a_task_begins_anew_where_the_state_is_of_another_class_or_not_to_its_taste(
    make_trainer: Maker, blobs: AccDataset, task_class: type[ClassificationTask]
) -> None:
    earlier = make_trainer()
    curves(earlier, 3)
    state = through_json(capture(earlier))
    if task_class is Picky:
        state.meta["tasks"]["digit"]["class_name"] = "Picky"
    later = make_trainer(seed=4, names="recon kl")
    task = task_class("digit", blobs, latent_slice=(0, 4))
    task.attach(later.model)
    assert adopt_weights(later.model, [*later.tasks.values(), task], state) == ["model"]
    assert later.tasks["kl"].checkpoint_state() == {"steps_seen": 3}
