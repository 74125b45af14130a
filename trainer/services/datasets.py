"""Datasets in the system of record."""

import re
from typing import Any

from django.core.files.storage import default_storage
from django.db import IntegrityError, transaction

from trainer.live.events import SYSTEM_GROUP, DatasetMessage
from trainer.models import Dataset, TaskCard
from trainer.selectors.datasets import dataset_pictures, dataset_uses
from trainer.selectors.reconstructions import SAMPLE_ROOM
from trainer.services.announce import announce
from trainer.services.artifacts import (
    DATASETS,
    artifacts_remove,
    dataset_file_name,
    datasets_hold,
)

# It stands in addresses and file names of exports.
_NAME_FORM = re.compile(r"\w[\w.-]*( [\w.-]+)*")
_LONGEST_NAME = Dataset._meta.get_field("name").max_length or 0


class DatasetRefused(Exception):
    """A dataset cannot be registered or deleted; the text says why."""


def name_problem(name: Any) -> str:
    """Return what is wrong with a dataset's name; "" where nothing is."""
    if isinstance(name, str) and _NAME_FORM.fullmatch(name) and len(name) <= _LONGEST_NAME:
        return ""
    return (
        "a dataset's name begins with a letter, a digit or '_' and goes on with these, '.', "
        f"'-' and single spaces, {_LONGEST_NAME} characters at most"
    )


def dataset_register(
    *, name: str, kind: str, spec: dict[str, Any], facts: dict[str, Any]
) -> Dataset:
    """Register a dataset, or return the row where exactly this one is known by the name.

    Args:
        spec: what builds the same data again.
        facts: size, train_size, eval_size, image_shape, target_type, num_classes, content_hash;
            duplicate_count and survey where it was looked at.

    Raises:
        DatasetRefused: other data is known by the name; tasks may stand on it.
    """
    try:
        with transaction.atomic():
            dataset = Dataset.objects.create(name=name, kind=kind, spec=spec, **facts)
            _announce(name, "added")
    except IntegrityError:
        known = Dataset.objects.get(name=name)
        if known.content_hash == facts["content_hash"]:
            return known
        raise DatasetRefused(
            f"another dataset is called '{name}' already; choose another name"
        ) from None
    return dataset


@transaction.atomic
def dataset_survey_store(*, dataset: Dataset, facts: dict[str, Any]) -> None:
    """Note what was seen of a dataset that was registered without: duplicate_count and survey."""
    Dataset.objects.filter(pk=dataset.pk).update(**facts)
    _announce(dataset.name, "changed")


def dataset_delete(*, dataset: Dataset) -> None:
    """Delete a dataset that nothing uses, with its file and pictures.

    Cards that were removed a moment ago go with it: they could not be brought back.

    Raises:
        DatasetRefused: tasks are attached to it, or a job trains on it.
    """
    with transaction.atomic():
        dataset = Dataset.objects.select_for_update().get(pk=dataset.pk)
        uses = dataset_uses([dataset])[dataset.pk]
        if uses:
            raise DatasetRefused(
                f"dataset '{dataset.name}' is used by {_listed([use.words for use in uses])}; "
                "remove these tasks, or let the job end, before you delete it"
            )
        TaskCard.with_removed.filter(dataset=dataset).delete()
        pictures = dataset_pictures([dataset])
        dataset.delete()
        _announce(dataset.name, "removed")
        transaction.on_commit(lambda: _files_remove(dataset.content_hash, pictures))


def _files_remove(content_hash: str, pictures: set[str]) -> None:
    """Remove what no other dataset has: the same data may go by another name."""
    with datasets_hold():
        others = list(Dataset.objects.only("content_hash", "survey"))
        if all(other.content_hash != content_hash for other in others):
            artifacts_remove(DATASETS, [dataset_file_name(content_hash)])
    for name in pictures - dataset_pictures(others):
        default_storage.delete(f"{SAMPLE_ROOM}/{name}")


def _listed(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def _announce(name: str, change: Any) -> None:
    message: DatasetMessage = {"type": "dataset", "dataset": name, "change": change}
    announce(SYSTEM_GROUP, message)
