"""Calls about the tasks attached to an experiment."""

from typing import Any

from django.http import HttpRequest
from ninja import Router

from trainer.api.auth import caller_name
from trainer.api.detail_schemas import TaskDetailOut
from trainer.api.inputs import TaskIn, WeightIn, WhyIn, why_of
from trainer.api.lookup import (
    ExperimentSlug,
    card_found,
    dataset_found,
    experiment_found,
    experiment_listed,
)
from trainer.api.schemas import RemovedOut, TaskOut
from trainer.selectors.experiments import card_as_dict, cards_of
from trainer.selectors.task_detail import task_detail
from trainer.services.cards import card_remove, card_restore, card_set_weight, card_toggle
from trainer.services.task_add import card_duplicate, task_attach

router = Router(tags=["tasks"])


@router.get("/tasks", response=list[TaskOut], summary="List the attached tasks")
def tasks(request: HttpRequest, experiment: ExperimentSlug = None) -> list[dict[str, Any]]:
    """List the tasks attached to an experiment, oldest first."""
    chosen = experiment_listed(experiment)
    return [card_as_dict(card) for card in cards_of(chosen)] if chosen else []


@router.get("/tasks/{name}/detail", response=TaskDetailOut, summary="Show all of a task")
def task_details(
    request: HttpRequest, name: str, experiment: ExperimentSlug = None
) -> dict[str, Any]:
    """Show an attached task with its code's version, losses, metrics and events."""
    return task_detail(card_found(experiment, name))


@router.post("/tasks/add", response=TaskOut, summary="Attach a task")
def task_add(request: HttpRequest, body: TaskIn, experiment: ExperimentSlug = None) -> Any:
    """Attach a task, if it fits the model and the dataset; the refusal is the task's own.

    A job in progress takes it up between two steps, with its weight in force from its first one.
    """
    return task_attach(
        experiment=experiment_found(experiment),
        class_name=body.class_name,
        dataset=dataset_found(body.dataset_name),
        name=body.name,
        weight=body.weight,
        latent_slice=body.latent_slice,
        params=body.params,
        by=caller_name(request),
        why=body.why,
    )


@router.post("/tasks/{name}/set_weight", response=TaskOut, summary="Change a task's weight")
def task_set_weight(
    request: HttpRequest, name: str, body: WeightIn, experiment: ExperimentSlug = None
) -> dict[str, Any]:
    """Change a task's factor in the total; a running job follows at its next step."""
    changed = card_set_weight(
        card=card_found(experiment, name),
        weight=body.weight,
        by=caller_name(request),
        why=body.why,
    )
    return card_as_dict(changed)


@router.post("/tasks/{name}/toggle", response=TaskOut, summary="Enable or disable a task")
def task_toggle(
    request: HttpRequest,
    name: str,
    body: WhyIn | None = None,
    experiment: ExperimentSlug = None,
) -> dict[str, Any]:
    """Enable a disabled task or disable an enabled one; a running job follows."""
    card = card_found(experiment, name)
    return card_as_dict(card_toggle(card=card, by=caller_name(request), why=why_of(body)))


@router.post("/tasks/{name}/remove", response=RemovedOut, summary="Detach a task")
def task_remove(
    request: HttpRequest,
    name: str,
    body: WhyIn | None = None,
    experiment: ExperimentSlug = None,
) -> dict[str, str]:
    """Detach a task; losses that jobs recorded for it stay, and a running job sets it aside.

    For an hour `/tasks/{name}/restore` undoes this.
    """
    card = card_found(experiment, name)
    return {"removed": card_remove(card=card, by=caller_name(request), why=why_of(body))}


@router.post("/tasks/{name}/restore", response=TaskOut, summary="Bring a removed task back")
def task_restore(
    request: HttpRequest,
    name: str,
    body: WhyIn | None = None,
    experiment: ExperimentSlug = None,
) -> dict[str, Any]:
    """Attach the task of a name again that was removed last.

    A job that was running then goes on with the head that it had, bit for bit.
    """
    restored = card_restore(
        experiment=experiment_found(experiment),
        name=name,
        by=caller_name(request),
        why=why_of(body),
    )
    return card_as_dict(restored)


@router.post("/tasks/{name}/duplicate", response=TaskOut, summary="Attach one more like it")
def task_duplicate(
    request: HttpRequest,
    name: str,
    body: WhyIn | None = None,
    experiment: ExperimentSlug = None,
) -> dict[str, Any]:
    """Attach a task of the same class, dataset, slice, weight and parameters, under a free name."""
    card = card_found(experiment, name)
    return card_as_dict(card_duplicate(card=card, by=caller_name(request), why=why_of(body)))
