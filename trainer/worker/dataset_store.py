"""Files of generated and imported datasets: made once, read by every job, on every machine.

Of generated data a file is only a faster copy: where it is missing, the data is made again from its
spec, and counts only if it is the same. Imported data is nowhere else.
"""

import socket
from typing import Any

from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

from acc.dataset import AccDataset, DatasetError
from trainer.services.artifacts import DATASETS, artifact_path, dataset_file_name
from trainer.worker.artifacts import artifact_fetch, artifact_publish
from trainer.worker.whole_file import written_whole


def dataset_write(dataset: AccDataset) -> None:
    """Store a dataset under its content's hash, whole or not at all, for every machine.

    Raises:
        OSError: the disk is full or cannot be written.
        SafetensorError: the same, found by the library that writes.
    """
    name = dataset_file_name(dataset.content_hash())
    tensors = {"images": dataset.images, "eval_indices": dataset.eval_indices.sort().values}
    if dataset.targets is not None:
        tensors["targets"] = dataset.targets
    facts = {"seed": str(dataset.seed)}
    if dataset.num_classes is not None:
        facts["num_classes"] = str(dataset.num_classes)
    with written_whole(artifact_path(DATASETS, name)) as unfinished:
        save_file({key: tensor.contiguous() for key, tensor in tensors.items()}, unfinished, facts)
    artifact_publish(DATASETS, name)


def dataset_read(content_hash: str) -> AccDataset | None:
    """Return the stored dataset of a hash; None where no whole, unaltered file of it is there."""
    dataset = _read(content_hash)
    if dataset is None and artifact_fetch(DATASETS, dataset_file_name(content_hash)):
        dataset = _read(content_hash)
    return dataset


def _read(content_hash: str) -> AccDataset | None:
    path = artifact_path(DATASETS, dataset_file_name(content_hash))
    try:
        with safe_open(path, framework="pt") as file:
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


def dataset_imported(name: str, spec: dict[str, Any]) -> AccDataset:
    """Return an imported dataset from this machine's file of it.

    Raises:
        DatasetError: the file is missing or altered, and nothing could make it again.
    """
    dataset = dataset_read(spec["content_hash"])
    if dataset is None:
        path = artifact_path(DATASETS, dataset_file_name(spec["content_hash"]))
        state = "is altered" if path.exists() else "is missing"
        raise DatasetError(
            f"the file of the imported dataset '{name}' {state} on {socket.gethostname()}: {path}; "
            "copy it there, or import the dataset again under the same name"
        )
    return dataset
