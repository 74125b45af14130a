"""A task that breaks the gradient of a step is named, and what it did."""

from collections.abc import Callable, Mapping, Sequence

import pytest
import torch
from torch import Tensor

from acc.dataset import AccDataset
from acc.model_output import ModelOutput
from acc.tasks.base import Task
from acc.tasks.reconstruction import ReconstructionTask
from acc.training.schedule import Schedule
from acc.training.state import capture
from acc.training.task_loss import TaskStepError
from acc.training.trainer import Trainer

Maker = Callable[..., Trainer]
Outputs = Mapping[ModelOutput, Tensor]


class ChangesImages(ReconstructionTask):
    """Inverts the images of the batch that all tasks share."""

    def compute_loss(self, model_output: Outputs, batch: Sequence[Tensor]) -> Tensor:
        """Return the loss of what it made of the images."""
        batch[0].mul_(-1).add_(1)
        return super().compute_loss(model_output, batch)


class ChangesLatent(ReconstructionTask):
    """Scales the latent that all tasks share."""

    def compute_loss(self, model_output: Outputs, batch: Sequence[Tensor]) -> Tensor:
        """Return the size of what it made of the latent."""
        return model_output[ModelOutput.LATENT].mul_(2).square().mean()


class ChangesItsOwn(ReconstructionTask):
    """Changes a tensor of its own after the gradient came to need it."""

    def compute_loss(self, model_output: Outputs, batch: Sequence[Tensor]) -> Tensor:
        """Return a sum of exponentials."""
        grown = model_output[ModelOutput.LATENT].exp()
        return grown.add_(1).mean()


class KeepsLatent(ReconstructionTask):
    """Compares the latent with that of the step before."""

    last: Tensor | None = None

    def compute_loss(self, model_output: Outputs, batch: Sequence[Tensor]) -> Tensor:
        """Return how far the latent moved."""
        latent = model_output[ModelOutput.LATENT]
        last, self.last = self.last, latent
        return (latent - (latent if last is None else last)).square().mean()


def joined(trainer: Trainer, task: Task) -> Trainer:
    """Attach one more task."""
    task.attach(trainer.model)
    trainer.add_task(task)
    return trainer


def train(trainer: Trainer, steps: int) -> None:
    """Do steps."""
    for _ in range(steps):
        trainer.step()


def failure(trainer: Trainer) -> str:
    """Train until a step fails, and return what it says."""
    with pytest.raises(TaskStepError) as caught:
        train(trainer, 5)
    assert isinstance(caught.value.__cause__, RuntimeError)
    return str(caught.value)


@pytest.mark.parametrize(
    ("odd", "schedule", "step"),
    [
        (ChangesImages, Schedule.JOINT, 1),
        (ChangesLatent, Schedule.JOINT, 1),
        (ChangesItsOwn, Schedule.JOINT, 1),
        (ChangesImages, Schedule.ROUND_ROBIN, 3),
    ],
)
def test_who_changes_what_the_gradient_needs_is_named(
    make_trainer: Maker, blobs: AccDataset, odd: type[Task], schedule: Schedule, step: int
) -> None:
    trainer = joined(make_trainer(names="recon digit", schedule=schedule), odd("odd", blobs))
    assert failure(trainer) == (
        f"task 'odd' failed at step {step}: it changed a tensor in place that the gradient needs "
        "(such as batch[0]); change a copy instead (batch[0].clone())"
    )


def test_who_keeps_a_tensor_of_the_step_before_is_named(
    make_trainer: Maker, blobs: AccDataset
) -> None:
    said = failure(joined(make_trainer(names="recon digit"), KeepsLatent("odd", blobs)))
    assert said.startswith("task 'odd' failed at step 2: it kept a tensor of an earlier step")


def test_looking_for_the_task_leaves_the_training_as_it_was(
    make_trainer: Maker, blobs: AccDataset
) -> None:
    trainer = joined(make_trainer(names="recon digit"), KeepsLatent("odd", blobs))
    trainer.step()
    before = capture(trainer)
    assert "odd" in failure(trainer)
    after = capture(trainer)
    of_weights = [name for name in before.tensors if name.startswith(("model/", "head:"))]
    assert of_weights
    assert all(torch.equal(before.tensors[name], after.tensors[name]) for name in of_weights)
    assert (after.meta["step"], after.meta["python_rng"]) == (1, before.meta["python_rng"])


def test_where_it_cannot_be_told_who_it_was_all_of_them_are_named(
    make_trainer: Maker, blobs: AccDataset
) -> None:
    class Once(ChangesImages):
        calls = 0

        def compute_loss(self, model_output: Outputs, batch: Sequence[Tensor]) -> Tensor:
            self.calls += 1
            if self.calls == 1:
                return super().compute_loss(model_output, batch)
            return ReconstructionTask.compute_loss(self, model_output, batch)

    said = failure(joined(make_trainer(names="recon digit"), Once("odd", blobs)))
    assert said.startswith("task 'recon', 'digit', 'odd' failed at step 1: one of them changed a")


def test_what_has_nothing_to_do_with_a_task_is_left_as_it_is(
    make_trainer: Maker, blobs: AccDataset
) -> None:
    class Broken(torch.autograd.Function):
        @staticmethod
        def forward(ctx: object, latent: Tensor) -> Tensor:
            return latent.clone()

        @staticmethod
        def backward(ctx: object, *gradients: Tensor) -> Tensor:
            raise RuntimeError("no way back")

    class Odd(ReconstructionTask):
        def compute_loss(self, model_output: Outputs, batch: Sequence[Tensor]) -> Tensor:
            return Broken.apply(model_output[ModelOutput.LATENT]).mean()

    with pytest.raises(RuntimeError, match="no way back"):
        joined(make_trainer(names="recon"), Odd("odd", blobs)).step()
