"""Tasks that join, leave and come back in the middle of a training."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pytest
import torch
from torch import Tensor

from acc.dataset import AccDataset
from acc.model_output import ModelOutput
from acc.tasks.base import Task
from acc.tasks.classification import ClassificationTask
from acc.tasks.reconstruction import ReconstructionTask
from acc.training.randomness import own_randomness
from acc.training.state import StateMismatchError, TrainingState, adopt, capture, restore
from acc.training.trainer import Trainer
from tests.acc.training.test_state import curves, through_json

Maker = Callable[..., Trainer]
SEED = 77


class Noisy(ClassificationTask):
    """Draws random numbers at every step, as dropout in a head does."""

    def compute_loss(
        self, model_output: Mapping[ModelOutput, Tensor], batch: Sequence[Tensor]
    ) -> Tensor:
        """Return the probe's loss with noise on top."""
        return super().compute_loss(model_output, batch) + torch.rand(())


@pytest.fixture(scope="session")
def dots(blobs: AccDataset) -> AccDataset:
    """Another dataset of the same shape."""
    return AccDataset(1 - blobs.images, blobs.targets, name="dots", num_classes=4)


def joined(trainer: Trainer, task: Task, *, seed: int = SEED) -> Trainer:
    """Attach a task between two steps, as a worker does, and return the trainer."""
    with own_randomness(seed):
        task.attach(trainer.model)
    trainer.add_task(task, seed=seed)
    return trainer


def head_state(trainer: Trainer, name: str) -> dict[str, Tensor]:
    """Return all of a head and of its optimizer state."""
    return {
        key: tensor
        for key, tensor in capture(trainer).tensors.items()
        if key.startswith((f"head:{name}/", f"optimizer/head:{name}/"))
    }


def same(first: dict[str, Tensor], second: dict[str, Tensor]) -> bool:
    """Return whether two sets of tensors are equal bit for bit."""
    return first.keys() == second.keys() and all(torch.equal(first[k], second[k]) for k in first)


@pytest.mark.parametrize("other_data", [False, True])
@pytest.mark.parametrize("off", ["weight 0", "disabled"])
def test_a_task_that_counts_for_nothing_changes_nobody_elses_losses(
    make_trainer: Maker, blobs: AccDataset, dots: AccDataset, off: str, other_data: bool
) -> None:
    without = make_trainer()
    expected = curves(without, 12)[:, :3]
    trainer = make_trainer()
    curves(trainer, 5)
    late = Noisy("late", dots if other_data else blobs, weight=0.0)
    late.enabled = off != "disabled"
    after = curves(joined(trainer, late), 7)
    np.testing.assert_array_equal(after[:, :3], expected[5:])
    if off == "weight 0":
        assert np.isfinite(after[:, 3]).all()


def test_a_joining_tasks_first_weights_follow_from_its_seed_alone(
    make_trainer: Maker, blobs: AccDataset
) -> None:
    heads = []
    for steps, seed in ((3, SEED), (9, SEED), (9, SEED + 1)):
        trainer = make_trainer()
        curves(trainer, steps)
        before = torch.get_rng_state()
        joined(trainer, ClassificationTask("late", blobs), seed=seed)
        assert torch.equal(torch.get_rng_state(), before)
        heads.append(head_state(trainer, "late"))
    assert same(heads[0], heads[1])
    assert not same(heads[1], heads[2])


def test_joining_and_leaving_touch_no_other_tasks_head_or_moments(
    make_trainer: Maker, blobs: AccDataset
) -> None:
    trainer = make_trainer()
    curves(trainer, 5)
    before = capture(trainer).tensors
    joined(trainer, ClassificationTask("late", blobs))
    trainer.set_aside("late")
    trainer.remove_task("late")
    assert same(capture(trainer).tensors, before)


def test_a_task_that_joins_late_takes_the_learning_rate_that_is_in_force(
    make_trainer: Maker, blobs: AccDataset
) -> None:
    trainer = make_trainer()
    trainer.set_lr(probe_lr=0.25)
    joined(trainer, ClassificationTask("late", blobs))
    rates = {group["name"]: group["lr"] for group in trainer.optimizer.param_groups}
    assert rates["head:late"] == 0.25


def test_what_is_set_aside_has_no_column_and_comes_back_bit_for_bit(make_trainer: Maker) -> None:
    trainer = make_trainer()
    curves(trainer, 6)
    before = head_state(trainer, "digit")
    counted = trainer.tasks["kl"].checkpoint_state()
    trainer.set_aside("digit")
    trainer.set_aside("kl")
    losses_ST = curves(trainer, 4)
    np.testing.assert_array_equal(losses_ST[:, 0], losses_ST[:, 1])  # recon alone is the total
    assert same(head_state(trainer, "digit"), before)
    trainer.take_back("digit")
    trainer.take_back("kl")
    assert list(trainer.tasks) == ["recon", "kl", "digit"]
    assert trainer.tasks["kl"].checkpoint_state() == counted
    assert curves(trainer, 1).shape == (1, 4)


def test_undoing_a_removal_before_the_next_step_changes_nothing(make_trainer: Maker) -> None:
    expected = curves(make_trainer(), 12)
    trainer = make_trainer()
    first = curves(trainer, 5)
    trainer.set_aside("kl")
    trainer.take_back("kl")
    np.testing.assert_array_equal(np.concatenate([first, curves(trainer, 7)]), expected)


def test_a_task_of_the_same_name_takes_the_place_of_the_one_set_aside(
    make_trainer: Maker, blobs: AccDataset
) -> None:
    trainer = make_trainer()
    curves(trainer, 3)
    trainer.set_aside("digit")
    joined(trainer, ClassificationTask("digit", blobs))
    assert "digit" not in trainer.aside
    assert list(trainer.tasks) == ["recon", "kl", "digit"]
    assert len([g for g in trainer.optimizer.param_groups if g["name"] == "head:digit"]) == 1
    with pytest.raises(KeyError):
        trainer.take_back("digit")


def test_a_task_that_cannot_join_leaves_everything_as_it_was(
    make_trainer: Maker, blobs: AccDataset
) -> None:
    class Heavy(torch.nn.Linear):
        def to(self, *_: object, **__: object) -> "Heavy":
            raise torch.cuda.OutOfMemoryError("no room")

    trainer = make_trainer()
    trainer.set_aside("digit")
    task = ClassificationTask("digit", blobs)
    task.head = Heavy(8, 4)
    with pytest.raises(torch.cuda.OutOfMemoryError):
        trainer.add_task(task, seed=SEED)
    trainer.take_back("digit")
    assert curves(trainer, 2).shape == (2, 4)


def steered(trainer: Trainer, dots: AccDataset, blobs: AccDataset) -> Trainer:
    """Do steps with tasks that join on both datasets, and leave."""
    curves(trainer, 4)
    joined(trainer, Noisy("late", dots, weight=0.5))
    curves(trainer, 3)
    trainer.set_aside("digit")
    trainer.set_aside("late")
    joined(trainer, ReconstructionTask("again", blobs), seed=SEED + 1)
    curves(trainer, 3)
    trainer.take_back("late")
    curves(trainer, 2)
    return trainer


def test_a_steered_training_is_restored_with_what_joined_and_what_was_set_aside(
    make_trainer: Maker, dots: AccDataset, blobs: AccDataset
) -> None:
    trainer = steered(make_trainer(), dots, blobs)
    state = through_json(capture(trainer))

    def go_on(trainer: Trainer) -> np.ndarray:
        first = curves(trainer, 4)
        trainer.take_back("digit")
        return np.concatenate([first.sum(axis=1), curves(trainer, 4).sum(axis=1)])

    expected = go_on(trainer)
    restored = make_trainer(seed=3)
    joined(restored, Noisy("late", dots), seed=5)
    joined(restored, ReconstructionTask("again", blobs), seed=6)
    restored.set_aside("digit")
    restore(restored, state)
    np.testing.assert_array_equal(go_on(restored), expected)


def test_a_state_with_something_set_aside_fits_no_trainer_without_it(make_trainer: Maker) -> None:
    trainer = make_trainer()
    trainer.set_aside("kl")
    with pytest.raises(StateMismatchError, match="set aside"):
        restore(make_trainer(names="recon digit"), through_json(capture(trainer)))


def test_a_state_from_before_tasks_could_be_set_aside_still_fits(make_trainer: Maker) -> None:
    trainer = make_trainer()
    state: TrainingState = through_json(capture(trainer))
    del state.meta["aside"]
    expected = curves(trainer, 3)
    restored = make_trainer(seed=1)
    restore(restored, state)
    np.testing.assert_array_equal(curves(restored, 3), expected)


def test_a_later_job_begins_a_head_anew_that_an_earlier_one_had_set_aside(
    make_trainer: Maker,
) -> None:
    earlier = make_trainer()
    curves(earlier, 3)
    earlier.set_aside("digit")
    later = make_trainer(seed=4)
    before = head_state(later, "digit")
    adopt(later, through_json(capture(earlier)))
    assert same(head_state(later, "digit"), before)
