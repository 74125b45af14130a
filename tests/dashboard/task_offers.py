"""Task classes with parameters on offer, a form filled in, and somebody who answers it."""

import threading
from collections.abc import Callable
from typing import Any

from django.db import connection

from tests.setup.trainer import trainer_stays
from tests.setup.waiting import wait_until
from tests.trainer.rows import TASK_CLASSES, offer_make
from trainer.models import Call, Experiment
from trainer.services.calls import call_claim, call_finish
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


def answer_next_call(
    *, doing: Callable[[dict[str, Any]], object] = dict, **outcome: Any
) -> threading.Thread:
    """Answer the next call in a thread, as an eval worker would.

    Args:
        doing: what it does before; given the call's payload.
    """
    trainer_stays()

    def work() -> None:
        try:
            pending = Call.objects.filter(state=Call.State.PENDING)
            wait_until(pending.exists, "somebody asks")
            claimed = call_claim(pending.get().pk, worker="a:1:0")
            assert claimed is not None
            doing(claimed.payload)
            call_finish(claimed, **outcome)
        finally:
            connection.close()

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    return thread
