"""What a step does, and what changes between steps do not do."""

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
from acc.training.schedule import Schedule
from acc.training.task_loss import TaskStepError
from acc.training.trainer import Trainer, TrainerConfig

Maker = Callable[..., Trainer]


def curves(trainer: Trainer, steps: int) -> np.ndarray:
    """Train, and return the losses of the steps, [steps, tasks + 1]."""
    for _ in range(steps):
        trainer.step()
    return np.concatenate([run.values_ST for run in trainer.ring.drain()])


def test_the_total_is_the_weighted_sum_of_the_tasks_own_losses(make_trainer: Maker) -> None:
    losses_ST = curves(make_trainer(), 30)
    expected_S = losses_ST[:, 0] + 0.01 * losses_ST[:, 1] + 0.5 * losses_ST[:, 2]
    np.testing.assert_allclose(losses_ST[:, 3], expected_S, rtol=1e-5)


def test_training_brings_every_loss_down(make_trainer: Maker) -> None:
    losses_ST = curves(make_trainer(names="recon digit"), 150)
    assert (losses_ST[-10:].mean(axis=0) < 0.5 * losses_ST[:10].mean(axis=0)).all()


def test_equal_seeds_give_equal_curves_and_others_do_not(make_trainer: Maker) -> None:
    first, second, other = (curves(make_trainer(seed=seed), 20) for seed in (1, 1, 2))
    assert (first == second).all()
    assert (first != other).any()


def test_a_weight_changes_only_the_total_of_the_next_step(make_trainer: Maker) -> None:
    unchanged = curves(make_trainer(), 11)
    trainer = make_trainer()
    curves(trainer, 10)
    trainer.set_weight("kl", 0.5)
    changed = curves(trainer, 1)
    assert (changed[0, :3] == unchanged[10, :3]).all()
    assert changed[0, 3] > unchanged[10, 3]


def test_round_robin_gives_each_step_to_one_task_in_turn(make_trainer: Maker) -> None:
    trainer = make_trainer(schedule=Schedule.ROUND_ROBIN)
    for _ in range(7):
        trainer.step()
    (run,) = trainer.ring.drain()
    assert run.present_ST is not None
    assert run.present_ST.argmax(axis=1).tolist() == [0, 1, 2, 0, 1, 2, 0]
    assert (run.present_ST.sum(axis=1) == 1).all()


def test_drawing_by_weight_draws_in_proportion_to_the_weights(make_trainer: Maker) -> None:
    trainer = make_trainer(schedule=Schedule.WEIGHTED, names="recon digit")
    trainer.set_weight("recon", 3.0)
    trainer.set_weight("digit", 1.0)
    for _ in range(200):
        trainer.step()
    present_ST = np.concatenate([run.present_ST for run in trainer.ring.drain()])
    assert 0.65 < present_ST[:, 0].mean() < 0.85


def test_removing_a_task_leaves_the_others_optimizer_state_untouched(make_trainer: Maker) -> None:
    trainer = make_trainer()
    curves(trainer, 5)
    before = {
        name: trainer.optimizer.state[parameter]["exp_avg"].clone()
        for name, parameter in trainer.model.named_parameters()
        if parameter in trainer.optimizer.state
    }
    removed = trainer.remove_task("digit")
    for name, parameter in trainer.model.named_parameters():
        if name in before:
            assert torch.equal(trainer.optimizer.state[parameter]["exp_avg"], before[name])
    assert removed.head is not None
    assert not any(parameter in trainer.optimizer.state for parameter in removed.head.parameters())
    assert curves(trainer, 5).shape == (5, 3)


def test_a_disabled_task_has_no_column_and_comes_back_where_it_was(make_trainer: Maker) -> None:
    trainer = make_trainer()
    trainer.set_enabled("kl", enabled=False)
    assert curves(trainer, 3).shape == (3, 3)
    trainer.set_enabled("kl", enabled=True)
    assert curves(trainer, 3).shape == (3, 4)


def test_learning_rates_of_model_and_heads_are_set_apart(make_trainer: Maker) -> None:
    trainer = make_trainer()
    trainer.set_lr(lr=0.5)
    trainer.set_lr(probe_lr=0.25)
    rates = {group["name"]: group["lr"] for group in trainer.optimizer.param_groups}
    assert rates == {"model": 0.5, "head:digit": 0.25}


def test_without_an_enabled_task_a_step_says_so(make_trainer: Maker) -> None:
    trainer = make_trainer(names="recon")
    trainer.set_enabled("recon", enabled=False)
    with pytest.raises(ValueError, match="no task is enabled"):
        trainer.step()


class Misbehaving(ReconstructionTask):
    """Returns, or raises, what it is told to."""

    answer: object = None

    def compute_loss(
        self, model_output: Mapping[ModelOutput, Tensor], batch: Sequence[Tensor]
    ) -> Tensor:
        """Return anything but a loss."""
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer  # type: ignore[return-value]


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (KeyError("z"), "task 'odd' failed at step 1: KeyError: 'z'"),
        (RuntimeError(), "task 'odd' failed at step 1: RuntimeError"),
        (3.0, "returned float, not a tensor"),
        (torch.ones(4), r"returned shape \[4\], not a scalar"),
        (torch.zeros(()), "task 'odd' failed at step 1: the loss does not depend on the model"),
    ],
)
def test_a_bad_loss_is_reported_with_its_task_and_step(
    make_trainer: Maker, blobs: AccDataset, answer: object, sentence: str
) -> None:
    trainer = make_trainer(names="recon")
    trainer.remove_task("recon")
    odd: Task = Misbehaving("odd", blobs)
    odd.attach(trainer.model)
    odd.answer = answer  # type: ignore[attr-defined]
    trainer.add_task(odd)
    with pytest.raises(TaskStepError, match=sentence):
        trainer.step()


class NanOnce(ReconstructionTask):
    """Is not a number at its third step."""

    calls = 0

    def compute_loss(
        self, model_output: Mapping[ModelOutput, Tensor], batch: Sequence[Tensor]
    ) -> Tensor:
        """Return the loss, or NaN."""
        self.calls += 1
        loss = super().compute_loss(model_output, batch)
        return loss * torch.nan if self.calls == 3 else loss


def test_one_loss_that_is_no_number_does_not_ruin_the_model(
    make_trainer: Maker, blobs: AccDataset
) -> None:
    trainer = make_trainer(names="recon digit")
    odd = NanOnce("odd", blobs)
    odd.attach(trainer.model)
    trainer.add_task(odd)
    losses_ST = curves(trainer, 6)
    assert np.isnan(losses_ST[2, 2:]).all()
    assert np.isfinite(np.delete(losses_ST, 2, axis=0)).all()


class NoNumber(ReconstructionTask):
    """Has no loss that is a number."""

    def compute_loss(
        self, model_output: Mapping[ModelOutput, Tensor], batch: Sequence[Tensor]
    ) -> Tensor:
        """Return NaN."""
        return super().compute_loss(model_output, batch) * torch.nan


class BadGradient(ReconstructionTask):
    """Has the loss 0, whose gradient is no number: that of a square root at 0."""

    def compute_loss(
        self, model_output: Mapping[ModelOutput, Tensor], batch: Sequence[Tensor]
    ) -> Tensor:
        """Return 0 as a square root."""
        return (0 * model_output[ModelOutput.RECONSTRUCTION]).sum().abs().sqrt()


def joined(trainer: Trainer, task: Task, weight: float) -> Trainer:
    """Attach one more task."""
    task.weight = weight
    task.attach(trainer.model)
    trainer.add_task(task)
    return trainer


def test_a_gradient_that_is_no_number_does_not_ruin_the_model(
    make_trainer: Maker, blobs: AccDataset
) -> None:
    trainer = joined(make_trainer(names="recon digit"), BadGradient("bad", blobs), 1.0)
    curves(trainer, 2)
    assert trainer.unfollowed_steps == 2
    trainer.set_enabled("bad", enabled=False)
    losses_ST = curves(trainer, 60)
    assert np.isfinite(losses_ST).all()
    assert (losses_ST[-10:].mean(axis=0) < losses_ST[:10].mean(axis=0)).all()
    assert trainer.unfollowed_steps == 2


def barren(trainer: Trainer, steps: int) -> list[bool]:
    """Train, and return which of the steps changed nothing."""
    for _ in range(steps):
        trainer.step()
    return np.concatenate([run.barren_S for run in trainer.ring.drain()]).tolist()


@pytest.mark.parametrize("odd", [NoNumber, BadGradient])
def test_a_step_that_changed_nothing_is_told_beside_its_losses(
    make_trainer: Maker, blobs: AccDataset, odd: type[Task]
) -> None:
    trainer = joined(make_trainer(names="recon digit"), odd("odd", blobs), 1.0)
    before = [parameter.detach().clone() for parameter in trainer.model.parameters()]
    assert barren(trainer, 3) == [True, True, True]
    assert all(map(torch.equal, trainer.model.parameters(), before))
    trainer.set_weight("odd", 0.0)
    assert barren(trainer, 2) == [False, False]
    assert not any(map(torch.equal, trainer.model.parameters(), before))


def test_in_turns_only_the_steps_of_a_task_without_a_number_change_nothing(
    make_trainer: Maker, blobs: AccDataset
) -> None:
    trainer = make_trainer(names="recon digit", schedule=Schedule.ROUND_ROBIN)
    assert barren(joined(trainer, NoNumber("odd", blobs), 1.0), 6) == [False, False, True] * 2


@pytest.mark.parametrize("odd", [NanOnce, BadGradient])
def test_a_task_without_weight_changes_nothing_for_the_others(
    make_trainer: Maker, blobs: AccDataset, odd: type[Task]
) -> None:
    alone = curves(make_trainer(names="recon digit"), 6)
    beside = curves(joined(make_trainer(names="recon digit"), odd("odd", blobs), 0.0), 6)
    assert (beside[:, [0, 1, 3]] == alone).all()


def test_without_any_weight_nothing_changes(make_trainer: Maker) -> None:
    trainer = make_trainer(names="recon digit")
    curves(trainer, 2)
    for name in ("recon", "digit"):
        trainer.set_weight(name, 0.0)
    before = [parameter.detach().clone() for parameter in trainer.model.parameters()]
    assert (curves(trainer, 2)[:, 2] == 0).all()
    after = trainer.model.parameters()
    assert all(torch.equal(a, b) for a, b in zip(after, before, strict=True))


def test_tasks_may_share_a_head_and_one_of_them_may_go(
    make_trainer: Maker, blobs: AccDataset
) -> None:
    trainer = make_trainer(names="digit")
    twin = ClassificationTask("twin", blobs, latent_slice=(0, 4))
    twin.attach(trainer.model)
    twin.head = trainer.tasks["digit"].head
    trainer.add_task(twin)
    curves(trainer, 3)
    trainer.remove_task("digit")
    assert twin.head is not None
    before = [parameter.detach().clone() for parameter in twin.head.parameters()]
    curves(trainer, 1)
    after = list(twin.head.parameters())
    assert all(not torch.equal(a, b) for a, b in zip(after, before, strict=True))


def test_any_module_that_returns_model_outputs_can_be_trained(blobs: AccDataset) -> None:
    class Plain(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.down = torch.nn.Linear(256, 4)
            self.up = torch.nn.Linear(4, 256)

        def forward(self, images: Tensor) -> dict[ModelOutput, Tensor]:
            latent = self.down(images.flatten(1))
            pictures = self.up(latent).sigmoid().view_as(images)
            return {ModelOutput.LATENT: latent, ModelOutput.RECONSTRUCTION: pictures}

    model = Plain()
    task = ReconstructionTask("recon", blobs)
    task.attach(model)
    losses_ST = curves(Trainer(model, [task], TrainerConfig(), torch.device("cpu")), 60)
    assert losses_ST[-1, 0] < losses_ST[0, 0]
