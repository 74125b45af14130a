"""What the web side asks for and only the trainer side can do: it needs torch or task code."""

from itertools import count
from typing import Any

import torch

from acc.dataset import AccDataset
from acc.tasks.base import Task
from trainer.models import Dataset, Experiment, Registry, TaskCard
from trainer.selectors.datasets import dataset_as_dict
from trainer.selectors.experiments import card_as_dict
from trainer.selectors.registry import class_names_offered
from trainer.services.cards import card_attach
from trainer.services.datasets import DatasetRefused
from trainer.services.experiments import experiment_create
from trainer.services.plan import task_plan
from trainer.services.sources import sources_of
from trainer.worker.build import dataset_build, model_build, task_build
from trainer.worker.classes import class_load
from trainer.worker.dataset_keep import dataset_keep
from trainer.worker.generated import dataset_make
from trainer.worker.png import png_base64

# A dataset of the usual size is known by its plain name.
USUAL_SIZE = 32


def model_create(payload: dict[str, Any]) -> dict[str, Any]:
    """Build a model once, to see that it can be, and make an experiment of it."""
    torch.manual_seed(0)
    # A task whose class is gone stands in no model's way; a job says so once it is to train it.
    offered = class_names_offered(Registry.TASKS)
    cards = list(
        TaskCard.with_removed.filter(
            experiment__slug=payload["experiment"], class_name__in=offered
        ).select_related("dataset")
    )
    sources = sources_of(
        [(Registry.MODELS, payload["class_name"])]
        + [(Registry.TASKS, card.class_name) for card in cards]
    )
    model = model_build(payload["class_name"], payload["config"], sources)
    described = model.describe()
    head_sizes: dict[int, int | None] = {}
    for card in cards:
        try:
            dataset = dataset_build(card.dataset.name, card.dataset.spec)
            head_sizes[card.pk] = _head_size(task_build(task_plan(card), dataset, model, sources))
        except Exception:
            # Tasks that are attached already must fit the new model as well.
            if card.removed_at is None:
                raise
            head_sizes[card.pk] = None
    experiment_create(
        slug=payload["experiment"],
        model_class=payload["class_name"],
        model_config=described["config"],
        model_info=described,
        head_sizes=head_sizes,
        activate=payload.get("activate", True),
    )
    return {**described, "experiment": payload["experiment"]}


def dataset_load(payload: dict[str, Any]) -> dict[str, Any]:
    """Register a built-in dataset."""
    spec = {"builtin": payload["name"], "image_size": payload["image_size"]}
    size = payload["image_size"]
    name = payload["name"] if size == USUAL_SIZE else f"{payload['name']}-{size}"
    dataset = dataset_build(name, spec)
    return dataset_as_dict(dataset_keep(dataset, kind=Dataset.Kind.BUILTIN, spec=spec))


def dataset_generate(payload: dict[str, Any]) -> dict[str, Any]:
    """Make a dataset and register it, under a free name where none is asked for."""
    source, params = payload["source"], payload["params"]
    dataset = dataset_make(source, params)
    spec = {
        "generator": source["class_name"],
        "source": source,
        "params": params,
        "seed": dataset.seed,
        "content_hash": dataset.content_hash(),
    }
    if payload["name"] is not None:
        dataset.name = payload["name"]
        return dataset_as_dict(dataset_keep(dataset, kind=Dataset.Kind.GENERATED, spec=spec))
    return dataset_as_dict(_keep_under_free_name(dataset, payload["short_name"], spec))


def _keep_under_free_name(dataset: AccDataset, base: str, spec: dict[str, Any]) -> Dataset:
    for number in count(1):
        dataset.name = base if number == 1 else f"{base}-{number}"
        try:
            return dataset_keep(dataset, kind=Dataset.Kind.GENERATED, spec=spec)
        except DatasetRefused:
            continue
    raise AssertionError("numbers do not end")


def recipe_check(payload: dict[str, Any]) -> dict[str, Any]:
    """Make a recipe and carry nothing out: its constructor refuses parameters that do not fit."""
    class_load(payload["source"])(**payload["params"])
    return {}


def dataset_sample(payload: dict[str, Any]) -> dict[str, Any]:
    """Return some of a dataset's images as PNG."""
    row = Dataset.objects.get(name=payload["name"])
    images = dataset_build(row.name, row.spec).sample(payload["n"])
    return {"images": [png_base64(image) for image in images]}


def task_add(payload: dict[str, Any]) -> dict[str, Any]:
    """Attach a task to an experiment's model, if it fits; `command` is what a job was asked.

    Args:
        payload: as `trainer.services.task_add.task_attach` makes it; the classes are those of its
            sources, which were on offer when the operator asked.
    """
    experiment = Experiment.objects.get(slug=payload["experiment"])
    row = Dataset.objects.get(name=payload["dataset"])
    sources = payload["sources"]
    model = model_build(experiment.model_class, experiment.model_config, sources)
    dataset = dataset_build(row.name, row.spec)
    name = payload["name"] or payload["stem"]
    task = task_build({**payload, "name": name, "enabled": True}, dataset, model, sources)
    chosen = payload["latent_slice"]
    card, command = card_attach(
        experiment=experiment,
        sources=sources,
        by=payload.get("by", ""),
        why=payload.get("why", ""),
        name=payload["name"],
        stem=payload["stem"],
        class_name=payload["class_name"],
        dataset=row,
        weight=payload["weight"],
        latent_slice=tuple(chosen) if chosen else None,
        params=payload["params"],
        head_size=_head_size(task),
    )
    return card_as_dict(card) | {"command": command.pk if command else None}


def _head_size(task: Task) -> int:
    return sum(p.numel() for p in task.head.parameters()) if task.head is not None else 0
