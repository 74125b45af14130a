"""Datasets that were just built become rows."""

from typing import Any

from acc.dataset import AccDataset
from trainer.models import Dataset
from trainer.services.datasets import dataset_register
from trainer.worker.dataset_survey import survey_facts


def dataset_keep(dataset: AccDataset, *, kind: str, spec: dict[str, Any]) -> Dataset:
    """Register a dataset that was just built.

    Raises:
        DatasetRefused: other data is known by its name.
    """
    facts = {
        "size": len(dataset),
        "train_size": dataset.train_size,
        "eval_size": dataset.eval_size,
        "image_shape": list(dataset.image_shape),
        "target_type": dataset.target_type,
        "num_classes": dataset.num_classes,
        "content_hash": dataset.content_hash(),
        **survey_facts(dataset),
    }
    return dataset_register(name=dataset.name, kind=kind, spec=spec, facts=facts)
