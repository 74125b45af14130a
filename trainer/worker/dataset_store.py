"""Files of generated and imported datasets: made once, read by every job of this machine.

Of generated data a file is only a faster copy: where it is missing, as on another machine, the data
is made again from its spec, and counts only if it is the same. Imported data is nowhere else.
"""

import socket
from typing import Any

from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

from acc.dataset import AccDataset, DatasetError
from trainer.services.datasets import dataset_file
from trainer.worker.whole_file import unfinished_sweep, written_whole


def dataset_write(dataset: AccDataset) -> None:
    """Store a dataset under its content's hash, whole or not at all.

    Raises:
        OSError: the disk is full or cannot be written.
        SafetensorError: the same, found by the library that writes.
    """
    path = dataset_file(dataset.content_hash())
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    tensors = {"images": dataset.images, "eval_indices": dataset.eval_indices.sort().values}
    if dataset.targets is not None:
        tensors["targets"] = dataset.targets
    facts = {"seed": str(dataset.seed)}
    if dataset.num_classes is not None:
        facts["num_classes"] = str(dataset.num_classes)
    unfinished_sweep(path.parent)
    with written_whole(path) as unfinished:
        save_file(
            {name: tensor.contiguous() for name, tensor in tensors.items()}, unfinished, facts
        )


def dataset_read(content_hash: str) -> AccDataset | None:
    """Return the stored dataset of a hash; None where no whole, unaltered file of it is there."""
    try:
        with safe_open(dataset_file(content_hash), framework="pt") as file:
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
        path = dataset_file(spec["content_hash"])
        state = "is altered" if path.exists() else "is missing"
        raise DatasetError(
            f"the file of the imported dataset '{name}' {state} on {socket.gethostname()}: {path}; "
            "copy it there, or import the dataset again under the same name"
        )
    return dataset
