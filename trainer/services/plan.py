"""What a job is to train, frozen at its start so that it can be repeated."""

from typing import Any

from trainer.models import Experiment, RegisteredClass, TaskCard


def plan_of(experiment: Experiment) -> dict[str, Any]:
    """Return the model, tasks, datasets and source versions of an experiment as plain data."""
    cards = list(experiment.task_cards.select_related("dataset"))
    return {
        "model": {"class_name": experiment.model_class, "config": experiment.model_config},
        "device": experiment.device,
        "tasks": [task_plan(card) for card in cards],
        "datasets": {
            card.dataset.name: {
                "kind": card.dataset.kind,
                "spec": card.dataset.spec,
                "content_hash": card.dataset.content_hash,
            }
            for card in cards
        },
        "sources": _sources([experiment.model_class, *(card.class_name for card in cards)]),
    }


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


def _sources(class_names: list[str]) -> dict[str, dict[str, str]]:
    offered = RegisteredClass.objects.filter(class_name__in=class_names)
    return {
        row.class_name: {"registry": row.registry, "file": row.file, "sha256": row.source_id}
        for row in offered
    }
