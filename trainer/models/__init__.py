"""The system of record: every fact that ACC must not lose is a row of one of these."""

from trainer.models.access import SignInLink
from trainer.models.call import Call
from trainer.models.checkpoint import Checkpoint
from trainer.models.dataset import Dataset
from trainer.models.evaluation import EvalResult, EvalRun, Reconstructions
from trainer.models.experiment import Experiment, TaskCard
from trainer.models.job import Job, JobCommand, JobEvent
from trainer.models.loss import LossLevel, LossSegment, LossSeries
from trainer.models.node import TrainerNode
from trainer.models.recipe import RecipeRun, RecipeStep
from trainer.models.registry import (
    FileVersion,
    RegisteredClass,
    Registry,
    RegistryError,
    Source,
)

__all__ = [
    "Call",
    "Checkpoint",
    "Dataset",
    "EvalResult",
    "EvalRun",
    "Experiment",
    "FileVersion",
    "Job",
    "JobCommand",
    "JobEvent",
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
    "TaskCard",
    "TrainerNode",
]
