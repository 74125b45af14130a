"""Takes one question of the web side and writes the answer, whatever happens."""

import logging
from collections.abc import Callable
from typing import Any

from acc.dataset import DatasetError
from acc.raised import code_errors
from acc.tasks.base import TaskError
from acc.training.state import StateMismatchError
from trainer.models import Call
from trainer.services.calls import call_claim, call_finish
from trainer.services.card_add import CardRefused
from trainer.services.datasets import DatasetRefused
from trainer.services.experiments import ExperimentRefused
from trainer.services.jobs import JobRefused
from trainer.services.sources import ClassMissing
from trainer.services.workers import worker_name
from trainer.worker.answers import (
    dataset_generate,
    dataset_load,
    dataset_sample,
    model_create,
    recipe_check,
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
    except code_errors() as error:
        logger.exception("%s failed", call.kind)
        call_finish(call, error=error_sentence(error))
    else:
        call_finish(call, answer=answer)


ANSWERS: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
    Call.Kind.MODEL_CREATE: model_create,
    Call.Kind.DATASET_GENERATE: dataset_generate,
    Call.Kind.DATASET_LOAD: dataset_load,
    Call.Kind.DATASET_SAMPLE: dataset_sample,
    Call.Kind.DATASET_IMPORT_FOLDER: dataset_import_folder,
    Call.Kind.DATASET_IMPORT_NPZ: dataset_import_npz,
    Call.Kind.DATASET_SURVEY: dataset_survey,
    Call.Kind.TASK_ADD: task_add,
    Call.Kind.DEMO_CREATE: demo_create,
    Call.Kind.EVAL_RUN: eval_run,
    Call.Kind.RECONSTRUCT: reconstructions_answer,
    Call.Kind.PICTURES: pictures_make,
    Call.Kind.COMPARE: checkpoints_compare,
    Call.Kind.LATENT: latent_look,
    Call.Kind.RECIPE_CHECK: recipe_check,
}
