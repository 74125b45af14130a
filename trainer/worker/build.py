"""From plain data to live objects: the model, datasets and tasks that a plan names."""

from typing import Any

from django.conf import settings
from torch import nn

from acc.autoencoder import BaseAutoencoder
from acc.dataset import AccDataset
from acc.datasets.builtin import load_builtin
from acc.tasks.base import Task, TaskError
from acc.tasks.create import create_task
from trainer.models import Registry
from trainer.services.sources import SourceRef
from trainer.worker.classes import ClassText, class_find, class_text
from trainer.worker.dataset_store import dataset_imported
from trainer.worker.error_sentence import error_sentence
from trainer.worker.generated import dataset_generated

Sources = list[SourceRef]


def model_build(class_name: str, config: dict[str, Any], sources: Sources) -> BaseAutoencoder:
    """Return a new model; its weights come from torch's global generator.

    Raises:
        SourceLost: the class's text is not stored.
        ValueError, TypeError: the configuration does not fit the class.
    """
    model: BaseAutoencoder = class_find(sources, Registry.MODELS, class_name)(**config)
    return model


def dataset_build(name: str, spec: dict[str, Any]) -> AccDataset:
    """Return a dataset from its spec, under the name by which its row is known.

    Raises:
        DatasetError: its files are missing, or its generator makes other data than at first.
        SourceLost: the generator's text is not stored.
    """
    if "generator" in spec:
        dataset = dataset_generated(spec)
    elif "imported" in spec:
        dataset = dataset_imported(name, spec)
    else:
        dataset = load_builtin(
            spec["builtin"], image_size=spec["image_size"], data_dir=settings.ACC_DATA_DIR
        )
    dataset.name = name
    return dataset


class DatasetShelf:
    """Datasets for one piece of work, each built once."""

    def __init__(self) -> None:
        """Begin empty."""
        self._built: dict[str, AccDataset] = {}

    def get(self, name: str, spec: dict[str, Any]) -> AccDataset:
        """Return a dataset; raises as `dataset_build`."""
        if name not in self._built:
            self._built[name] = dataset_build(name, spec)
        return self._built[name]


def task_build(
    plan: dict[str, Any], dataset: AccDataset, model: nn.Module, sources: Sources
) -> Task:
    """Return one planned task, attached to the model.

    Raises:
        TaskError: its class does not load, it does not fit the model or its dataset, or has a
            wrong parameter.
        SourceLost: its class's text is not stored.
    """
    return task_make(task_class_find(plan, sources), plan, dataset, model)


def task_class_find(plan: dict[str, Any], sources: Sources) -> type[Task]:
    """Return a planned task's class.

    Raises:
        SourceLost: its text is not stored.
        TaskError: as `task_class_load`.
    """
    return task_class_load(plan, class_text(sources, Registry.TASKS, plan["class_name"]))


def task_class_load(plan: dict[str, Any], text: ClassText) -> type[Task]:
    """Return a planned task's class from its text.

    Raises:
        TaskError: the text does not run, or something that it imports: a helper module may have
            changed since the text was looked at, and its own error does not say whose it is.
    """
    try:
        return text.load()
    except (Exception, SystemExit) as error:
        raise TaskError(
            f"task '{plan['name']}' cannot be made: its class {plan['class_name']} does not load: "
            f"{error_sentence(error)}"
        ) from error


def task_make(
    task_class: type[Task], plan: dict[str, Any], dataset: AccDataset, model: nn.Module
) -> Task:
    """Return a planned task of a class, attached to the model.

    Raises:
        TaskError: it does not fit the model or its dataset, or has a wrong parameter.
    """
    chosen = plan["latent_slice"]
    task = create_task(
        task_class,
        name=plan["name"],
        dataset=dataset,
        weight=plan["weight"],
        latent_slice=(chosen[0], chosen[1]) if chosen else None,
        params=plan["params"],
    )
    task.attach(model)
    task.enabled = plan["enabled"]
    return task
