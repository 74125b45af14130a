"""What went wrong in somebody's code, as one sentence for the operator."""

import torch

from acc.dataset import DatasetError
from acc.tasks.base import TaskError
from acc.training.state import StateMismatchError
from acc.training.task_loss import TaskStepError
from trainer.worker.checkpoint_store import CheckpointDamagedError
from trainer.worker.classes import SourceLost

# Their texts are written for the operator; anything else also gets its type's name.
CLEAR_ERRORS = (
    TaskError,
    TaskStepError,
    DatasetError,
    StateMismatchError,
    CheckpointDamagedError,
    SourceLost,
)


def error_sentence(error: BaseException) -> str:
    """Return what went wrong as one sentence, never empty."""
    if isinstance(error, torch.cuda.OutOfMemoryError):
        return "the device ran out of memory; a smaller batch size or model may fit"
    text = str(error).replace("\0", "\\0")  # which PostgreSQL stores in no text
    if isinstance(error, CLEAR_ERRORS) and text:
        return text
    return f"{type(error).__name__}: {text}" if text else type(error).__name__
