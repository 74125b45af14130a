"""The system of record: every fact that ACC must not lose is a row of one of these."""

from trainer.models.access import ApiToken, SignInLink
from trainer.models.call import Call
from trainer.models.checkpoint import Checkpoint
from trainer.models.dataset import Dataset
from trainer.models.evaluation import EvalPictures, EvalResult, EvalRun, Reconstructions
from trainer.models.experiment import Experiment, TaskCard
from trainer.models.figures import FigureSegment
from trainer.models.job import Job, JobCommand, JobEvent
from trainer.models.latent import LatentView
from trainer.models.loss import LossLevel, LossSegment, LossSeries
from trainer.models.node import TrainerNode
from trainer.models.notice import JobNotice
from trainer.models.recipe import RecipeRun, RecipeStep
from trainer.models.registry import (
    FileVersion,
    RegisteredClass,
    Registry,
    RegistryError,
    Source,
)
from trainer.models.stored_file import StoredChunk, StoredFile

__all__ = [
    "ApiToken",
    "Call",
    "Checkpoint",
    "Dataset",
    "EvalPictures",
    "EvalResult",
    "EvalRun",
    "Experiment",
    "FigureSegment",
    "FileVersion",
    "Job",
    "JobCommand",
    "JobEvent",
    "JobNotice",
    "LatentView",
    "LossLevel",
    "LossSegment",
    "LossSeries",
    "RecipeRun",
    "RecipeStep",
    "Reconstructions",
    "RegisteredClass",
    "Registry",
    "RegistryError",
    "SignInLink",
    "Source",
    "StoredChunk",
    "StoredFile",
    "TaskCard",
    "TrainerNode",
]
