"""What a task's code may raise, where Ctrl-C ends the process and where it cannot."""

from collections.abc import Callable, Mapping, Sequence

import pytest
import torch
from torch import Tensor, nn

from acc.dataset import AccDataset
from acc.evaluation.tasks import evaluate_task
from acc.model_output import ModelOutput
from acc.tasks.reconstruction import ReconstructionTask
from acc.training.task_loss import TaskStepError
from acc.training.trainer import Trainer

Maker = Callable[..., Trainer]


class PanicError(BaseException):
    """As code of other languages raises it: no Exception."""


class Raises(ReconstructionTask):
    """Raises what it is told to."""

    raised: BaseException

    def compute_loss(
        self, model_output: Mapping[ModelOutput, Tensor], batch: Sequence[Tensor]
    ) -> Tensor:
        """Return nothing."""
        raise self.raised

    def evaluate(self, autoencoder: nn.Module, device: torch.device | str) -> dict[str, float]:
        """Return nothing."""
        raise self.raised


def raising(make_trainer: Maker, blobs: AccDataset, error: BaseException) -> Trainer:
    """Return a trainer with a task that raises."""
    trainer = make_trainer(names="recon")
    task = Raises("odd", blobs)
    task.raised = error
    task.attach(trainer.model)
    trainer.add_task(task)
    return trainer


@pytest.mark.usefixtures("no_ctrl_c")
@pytest.mark.parametrize("error", [KeyboardInterrupt(), PanicError(), SystemExit()])
def test_where_no_ctrl_c_comes_whatever_a_task_raises_is_its_own_error(
    make_trainer: Maker, blobs: AccDataset, error: BaseException
) -> None:
    trainer = raising(make_trainer, blobs, error)
    with pytest.raises(TaskStepError, match=f"task 'odd' failed at step 1: {type(error).__name__}"):
        trainer.step()
    result = evaluate_task(trainer.tasks["odd"], trainer.model, "cpu")
    assert result.error == f"evaluate raised {type(error).__name__}"


def test_somebodys_ctrl_c_is_no_error_of_a_task(make_trainer: Maker, blobs: AccDataset) -> None:
    trainer = raising(make_trainer, blobs, KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt):
        trainer.step()
