"""Datasets in the system of record."""

from typing import Any

from django.db import IntegrityError, transaction

from trainer.models import Dataset


class DatasetRefused(Exception):
    """A dataset cannot be registered; the text says why."""


def dataset_register(
    *, name: str, kind: str, spec: dict[str, Any], facts: dict[str, Any]
) -> Dataset:
    """Register a dataset, or return the row where exactly this one is known by the name.

    Args:
        spec: what builds the same data again.
        facts: size, train_size, eval_size, image_shape, target_type, num_classes, content_hash.

    Raises:
        DatasetRefused: other data is known by the name; tasks may stand on it.
    """
    try:
        with transaction.atomic():
            return Dataset.objects.create(name=name, kind=kind, spec=spec, **facts)
    except IntegrityError:
        known = Dataset.objects.get(name=name)
        if known.content_hash == facts["content_hash"]:
            return known
        raise DatasetRefused(
            f"another dataset is called '{name}' already; choose another name"
        ) from None
