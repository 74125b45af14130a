"""Calls about the tasks attached to an experiment."""

from typing import Any

from django.http import HttpRequest
from ninja import Router

from trainer.api.auth import caller_name
from trainer.api.inputs import TaskIn, WeightIn
from trainer.api.lookup import ExperimentSlug, card_found, dataset_found, experiment_found
from trainer.api.schemas import RemovedOut, TaskOut
from trainer.selectors.experiments import card_as_dict, cards_of
from trainer.services.cards import card_remove, card_set_weight, card_toggle
from trainer.services.task_add import task_attach

router = Router(tags=["tasks"])


@router.get("/tasks", response=list[TaskOut], summary="List the attached tasks")
def tasks(request: HttpRequest, experiment: ExperimentSlug = None) -> list[dict[str, Any]]:
    """List the tasks attached to an experiment, oldest first."""
    return [card_as_dict(card) for card in cards_of(experiment_found(experiment))]


@router.post("/tasks/add", response=TaskOut, summary="Attach a task")
def task_add(request: HttpRequest, body: TaskIn, experiment: ExperimentSlug = None) -> Any:
    """Attach a task, if it fits the model and the dataset; the refusal is the task's own."""
    return task_attach(
        experiment=experiment_found(experiment),
        class_name=body.class_name,
        dataset=dataset_found(body.dataset_name),
        name=body.name,
        weight=body.weight,
        latent_slice=body.latent_slice,
        params=body.params,
        by=caller_name(request),
    )


@router.post("/tasks/{name}/set_weight", response=TaskOut, summary="Change a task's weight")
def task_set_weight(
    request: HttpRequest, name: str, body: WeightIn, experiment: ExperimentSlug = None
) -> dict[str, Any]:
    """Change a task's factor in the total; a running job follows at its next step."""
    card = card_found(experiment, name)
    return card_as_dict(card_set_weight(card=card, weight=body.weight, by=caller_name(request)))


@router.post("/tasks/{name}/toggle", response=TaskOut, summary="Enable or disable a task")
def task_toggle(
    request: HttpRequest, name: str, experiment: ExperimentSlug = None
) -> dict[str, Any]:
    """Enable a disabled task or disable an enabled one; a running job follows."""
    return card_as_dict(card_toggle(card=card_found(experiment, name), by=caller_name(request)))


@router.post("/tasks/{name}/remove", response=RemovedOut, summary="Detach a task")
def task_remove(
    request: HttpRequest, name: str, experiment: ExperimentSlug = None
) -> dict[str, str]:
    """Detach a task; losses that jobs recorded for it stay."""
    return {"removed": card_remove(card=card_found(experiment, name))}
