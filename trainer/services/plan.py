"""What a job is to train, frozen at its start so that it can be repeated."""

from typing import Any

from trainer.models import Dataset, Experiment, Registry, TaskCard
from trainer.selectors.registry import class_names_offered
from trainer.services.sources import ClassMissing, SourceRef, sources_of


def plan_of(experiment: Experiment) -> dict[str, Any]:
    """Return the model, tasks, datasets and source versions of an experiment as plain data.

    A disabled task whose class is no longer on offer is left out: it stands in nobody's way.

    Raises:
        ClassMissing: the model's class, or that of an enabled task, is not on offer.
    """
    offered = class_names_offered(Registry.TASKS)
    cards = list(experiment.task_cards.select_related("dataset"))
    for card in cards:
        if card.enabled and card.class_name not in offered:
            raise ClassMissing(
                f"task '{card.name}' needs the class {card.class_name}, which is no longer on "
                "offer; put its file back, or disable or remove the task"
            )
    cards = [card for card in cards if card.class_name in offered]
    classes = [(Registry.MODELS, experiment.model_class)]
    classes += [(Registry.TASKS, card.class_name) for card in cards]
    return {
        "model": {"class_name": experiment.model_class, "config": experiment.model_config},
        "device": experiment.device,
        "tasks": [task_plan(card) for card in cards],
        "datasets": {card.dataset.name: dataset_plan(card.dataset) for card in cards},
        "sources": sources_of(classes),
    }


def addition_plan(card: TaskCard, sources: list[SourceRef]) -> dict[str, Any]:
    """Return all that a running job needs to take up a task, as plain data.

    Args:
        sources: where classes come from; the task's own is among them.
    """
    own = (str(Registry.TASKS), card.class_name)
    return {
        "task": card.name,
        "plan": task_plan(card),
        "dataset": dataset_plan(card.dataset),
        "sources": [ref for ref in sources if (ref["registry"], ref["class_name"]) == own],
    }


def dataset_plan(dataset: Dataset) -> dict[str, Any]:
    """Return how to build a dataset, and by what to know it, as plain data."""
    return {"kind": dataset.kind, "spec": dataset.spec, "content_hash": dataset.content_hash}


def task_plan(card: TaskCard) -> dict[str, Any]:
    """Return one attached task as plain data."""
    return {
        "name": card.name,
        "class_name": card.class_name,
        "dataset": card.dataset.name,
        "weight": card.weight,
        "enabled": card.enabled,
        "latent_slice": list(card.latent_slice) if card.latent_slice else None,
        "params": card.params,
        "colour": card.colour,
    }
