"""The admin: every row can be found and read; what changes them is the services' affair."""

from trainer.admin.access import GroupAdmin, UserAdmin
from trainer.admin.evaluation import CheckpointAdmin, EvalRunAdmin, ReconstructionsAdmin
from trainer.admin.experiment import DatasetAdmin, ExperimentAdmin, TaskCardAdmin
from trainer.admin.job import JobAdmin
from trainer.admin.registry import RegisteredClassAdmin, SourceAdmin
from trainer.admin.system import CallAdmin, JobNoticeAdmin, RecipeRunAdmin, TrainerNodeAdmin

__all__ = [
    "CallAdmin",
    "CheckpointAdmin",
    "DatasetAdmin",
    "EvalRunAdmin",
    "ExperimentAdmin",
    "GroupAdmin",
    "JobAdmin",
    "JobNoticeAdmin",
    "RecipeRunAdmin",
    "ReconstructionsAdmin",
    "RegisteredClassAdmin",
    "SourceAdmin",
    "TaskCardAdmin",
    "TrainerNodeAdmin",
    "UserAdmin",
]
