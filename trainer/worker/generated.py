"""Data that generators make: from this machine's file of it, else made, always the same."""

import logging
from typing import Any

from safetensors import SafetensorError

from acc.dataset import AccDataset, DatasetError
from acc.dataset_checks import check_shown
from trainer.worker.classes import class_load
from trainer.worker.dataset_store import dataset_read, dataset_write

logger = logging.getLogger("acc.worker")


def dataset_generated(spec: dict[str, Any]) -> AccDataset:
    """Return a generated dataset: from this machine's file, else made again.

    Raises:
        DatasetError: what is made now is not what was made at first.
        SourceLost: the generator's text is not stored.
        BaseException: whatever the generator raises.
    """
    content_hash = spec["content_hash"]
    stored = dataset_read(content_hash)
    if stored is not None:
        return stored
    dataset = dataset_make(spec["source"], spec["params"])
    if dataset.content_hash() != content_hash:
        raise DatasetError(
            f"{spec['generator']} makes other data than at first from the same parameters and "
            "seed, so what was trained on cannot be had again; let it draw all its random numbers "
            "from self._random() and generate a new dataset"
        )
    return dataset


def dataset_make(source: dict[str, str], params: dict[str, Any]) -> AccDataset:
    """Return what a version of a generator makes, stored on this machine where that can be.

    Raises:
        DatasetError: the generator returns something else than a dataset, or images that no
            picture could show.
        SourceLost: the generator's text is not stored.
        BaseException: whatever the generator raises.
    """
    dataset = class_load(source)(**params).generate()
    if not isinstance(dataset, AccDataset):
        raise DatasetError(
            f"{source['class_name']}.generate returned {type(dataset).__name__}; "
            "it has to return an AccDataset"
        )
    check_shown(dataset.image_shape)
    try:
        dataset_write(dataset)
    except (OSError, SafetensorError) as error:
        # Not needed to go on: it is made again wherever its file is missing.
        logger.warning("the dataset %s could not be stored: %s", dataset.name, error)
    return dataset
