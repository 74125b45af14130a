"""Takes one question of the web side and writes the answer, whatever happens."""

import logging
from collections.abc import Callable
from typing import Any

from acc.dataset import DatasetError
from acc.tasks.base import TaskError
from acc.training.state import StateMismatchError
from trainer.selectors.checkpoints import COMPARE
from trainer.services.calls import EVAL_RUN, LATENT, PICTURES, SAMPLE, call_claim, call_finish
from trainer.services.dataset_import import FOLDER, NPZ, SURVEY
from trainer.services.datasets import DatasetRefused
from trainer.services.experiments import CardRefused, ExperimentRefused
from trainer.services.jobs import JobRefused
from trainer.services.sources import ClassMissing
from trainer.services.workers import worker_name
from trainer.worker.answers import (
    dataset_generate,
    dataset_load,
    dataset_sample,
    model_create,
    task_add,
)
from trainer.worker.checkpoint_store import CheckpointDamagedError
from trainer.worker.classes import SourceLost
from trainer.worker.compare import checkpoints_compare
from trainer.worker.dataset_survey import dataset_survey
from trainer.worker.demo import demo_create
from trainer.worker.error_sentence import error_sentence
from trainer.worker.evaluate import eval_run
from trainer.worker.imported import dataset_import_folder, dataset_import_npz
from trainer.worker.latent import latent_look
from trainer.worker.pictures import pictures_make, reconstructions_answer

logger = logging.getLogger("acc.worker")

REFUSALS = (
    TaskError,
    DatasetError,
    DatasetRefused,
    CardRefused,
    ClassMissing,
    ExperimentRefused,
    JobRefused,
    SourceLost,
    StateMismatchError,
    CheckpointDamagedError,
)


def call_answer(call_id: int) -> None:
    """Answer a question if nobody else does; every outcome is written into its row."""
    call = call_claim(call_id, worker=worker_name())
    if call is None:
        return
    try:
        answer = ANSWERS[call.kind]({**call.payload, "call": call.pk})
    except (*REFUSALS, ValueError, TypeError) as refusal:
        # The last two are raised by constructors for wrong parameters.
        call_finish(call, error=str(refusal) or f"{type(refusal).__name__} without a word")
    except (Exception, SystemExit) as error:
        logger.exception("%s failed", call.kind)
        call_finish(call, error=error_sentence(error))
    else:
        call_finish(call, answer=answer)


ANSWERS: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
    "model_create": model_create,
    "dataset_generate": dataset_generate,
    "dataset_load": dataset_load,
    SAMPLE: dataset_sample,
    FOLDER: dataset_import_folder,
    NPZ: dataset_import_npz,
    SURVEY: dataset_survey,
    "task_add": task_add,
    "demo_create": demo_create,
    EVAL_RUN: eval_run,
    "reconstruct": reconstructions_answer,
    PICTURES: pictures_make,
    COMPARE: checkpoints_compare,
    LATENT: latent_look,
}
