"""Task classes with parameters on offer, a form filled in, and somebody who answers it."""

import threading
from typing import Any

from tests.setup.answering import answering
from tests.setup.trainer import trainer_stays
from tests.trainer.rows import TASK_CLASSES, offer_make
from trainer.models import Experiment
from trainer.services.registry import registry_store


def parameter(name, kind, default=None, *, required=False, description=""):
    """Return a parameter as a registry stores it."""
    return {
        "name": name,
        "type": kind,
        "default": default,
        "required": required,
        "description": description,
    }


PATH = "/partials/task_add/"

PARAMETERS = {
    "ReconstructionTask": [
        parameter("loss", "Literal['mse', 'l1']", "mse", description='"mse" or "l1".'),
        parameter("ssim_weight", "float", 0.0),
    ],
    "KLDivergenceTask": [parameter("warmup_steps", "int", 0)],
    "RegressionTask": [
        parameter("margin", "float", required=True, description="How far off is near enough."),
        parameter("robust", "bool", True),
        parameter("columns", "Sequence[int] | None"),
        parameter("label", "str", "all"),
        parameter("most", "int | None", 5),
    ],
}


def offers(**parameters: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [
        offer_make(name, requires=needs, parameters=(PARAMETERS | parameters).get(name, []))
        for name, needs in TASK_CLASSES.items()
    ]


def typed(**fields: str) -> dict[str, str]:
    """Return what a browser sends of a form that is filled in well."""
    return {
        "class_name": "ClassificationTask",
        "of_class": "ClassificationTask",
        "dataset": "digits",
        "name": "",
        "weight": "1.0",
        "latent_slice": "",
        **fields,
    }


def text_of(response) -> str:
    return " ".join(response.content.decode().split())


def task_classes_store(experiment: Experiment) -> None:
    """Put the classes on offer, and say what the experiment's model is like."""
    registry_store(registry="tasks", offers=offers(), errors=[])
    experiment.model_info = {"latent_dim": 8, "image_shape": [1, 32, 32], "is_vae": True}
    experiment.save()


def answer_next_call(**how: Any) -> threading.Thread:
    """Answer the next question in a thread, as `answering` does, with a trainer side online."""
    trainer_stays()
    return answering(**how)
