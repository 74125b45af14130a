"""Files of generated datasets: made once, read by every job of this machine after that.

A file is only a faster copy. Where it is missing, as on another machine, the dataset is made again
from its spec, and counts only if it is the same.
"""

import os
from pathlib import Path

from django.conf import settings
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

from acc.dataset import AccDataset


def dataset_write(dataset: AccDataset) -> None:
    """Store a dataset under its content's hash, whole or not at all.

    Raises:
        OSError: the disk is full or cannot be written.
        SafetensorError: the same, found by the library that writes.
    """
    path = _path(dataset.content_hash())
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    tensors = {"images": dataset.images, "eval_indices": dataset.eval_indices.sort().values}
    if dataset.targets is not None:
        tensors["targets"] = dataset.targets
    facts = {"seed": str(dataset.seed)}
    if dataset.num_classes is not None:
        facts["num_classes"] = str(dataset.num_classes)
    unfinished = path.with_suffix(f".{os.getpid()}.tmp")
    try:
        save_file(
            {name: tensor.contiguous() for name, tensor in tensors.items()}, unfinished, facts
        )
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)


def dataset_read(content_hash: str) -> AccDataset | None:
    """Return the stored dataset of a hash; None where no whole, unaltered file of it is there."""
    try:
        with safe_open(_path(content_hash), framework="pt") as file:
            facts = file.metadata()
            tensors = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118
    except (OSError, SafetensorError):
        return None
    classes = facts.get("num_classes")
    dataset = AccDataset(
        tensors["images"],
        tensors.get("targets"),
        name=content_hash[:12],
        num_classes=int(classes) if classes else None,
        seed=int(facts["seed"]),
        eval_indices=tensors["eval_indices"],
    )
    return dataset if dataset.content_hash() == content_hash else None


def _path(content_hash: str) -> Path:
    directory: Path = settings.DATASET_DIR
    return directory / f"{content_hash}.safetensors"
