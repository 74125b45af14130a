"""What people want to know of a data set before they train on it: targets, examples, duplicates."""

import hashlib
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from acc.dataset import AccDataset

# A page shows no more bars, columns of targets and groups of images than somebody looks at.
CLASSES_COUNTED = 100
COLUMNS_COUNTED = 4
BIN_COUNT = 24
CLASSES_SHOWN = 20
RANGES_SHOWN = 6
IMAGES_A_GROUP = 8
IMAGES_WITHOUT_TARGETS = 24
_CHUNK = 512


@dataclass(frozen=True)
class ImageGroup:
    """Some images that belong together.

    Attributes:
        label: the class they are of, as its number, or their range of target values; empty where
            there are no targets.
    """

    label: str
    indices_B: Tensor


def duplicate_count(dataset: AccDataset) -> int:
    """Return how many held-out images have exactly the pixels of one that is trained on.

    Such an image says nothing about what a model makes of images that it has not seen.
    """
    trained = set(_digests(dataset, dataset.train_indices))
    return sum(digest in trained for digest in _digests(dataset, dataset.eval_indices))


def _digests(dataset: AccDataset, indices: Tensor) -> list[bytes]:
    digests = []
    for part in torch.split(indices, _CHUNK):
        # Adding zero makes -0.0 the 0.0 that it is equal to.
        images: npt.NDArray[np.float32] = (dataset.batch(part)[0] + 0.0).cpu().numpy()
        digests += [hashlib.sha256(image.tobytes()).digest() for image in images]
    return digests


def target_distribution(dataset: AccDataset) -> dict[str, Any] | None:
    """Return how the targets are spread over both parts, in JSON's types; None without targets.

    Either {"kind": "classes", "train": counts, "eval": counts, "more": classes that are not
    counted}, or {"kind": "float", "columns": [{"low", "high", "train", "eval"}], "more": columns}.
    """
    if dataset.targets is None:
        return None
    parts = {
        "train": dataset.targets[dataset.train_indices],
        "eval": dataset.targets[dataset.eval_indices],
    }
    if dataset.target_type == "classes":
        count = dataset.num_classes or 0
        counted = min(count, CLASSES_COUNTED)
        counts = {
            name: labels.bincount(minlength=counted)[:counted].tolist()
            for name, labels in parts.items()
        }
        return {"kind": "classes", **counts, "more": count - counted}
    column_count = dataset.targets.shape[1]
    columns = [
        _column_counts({name: values[:, column] for name, values in parts.items()})
        for column in range(min(column_count, COLUMNS_COUNTED))
    ]
    return {"kind": "float", "columns": columns, "more": column_count - len(columns)}


def _column_counts(parts: dict[str, Tensor]) -> dict[str, Any]:
    values = torch.cat(list(parts.values()))
    low, high = (float(value) for value in torch.aminmax(values))
    edges = np.linspace(low, high, BIN_COUNT + 1) if high > low else np.array([low, high])
    return {
        "low": low,
        "high": high,
        **{
            # With all values alike there is one bin, and numpy counts its right edge in.
            name: np.histogram(part.cpu().double().numpy(), bins=edges)[0].tolist()
            for name, part in parts.items()
        },
    }


def image_groups(dataset: AccDataset) -> list[ImageGroup]:
    """Return images of each class, or from low to high values of the first target.

    The same ones each time, from both parts.
    """
    generator = torch.Generator().manual_seed(dataset.seed)
    order = torch.randperm(len(dataset), generator=generator)
    if dataset.targets is None:
        return [ImageGroup("", order[:IMAGES_WITHOUT_TARGETS])]
    targets = dataset.targets.cpu()
    if dataset.target_type == "classes":
        classes = np.unique(targets.numpy())[:CLASSES_SHOWN].tolist()
        shuffled = targets[order]
        return [
            ImageGroup(str(label), order[shuffled == label][:IMAGES_A_GROUP]) for label in classes
        ]
    values = targets[:, 0]
    by_value = order[values[order].argsort(stable=True)]
    return [
        ImageGroup(_range_words(values[part]), part[_spread(len(part))])
        for part in by_value.tensor_split(min(RANGES_SHOWN, len(by_value)))
    ]


def _spread(count: int) -> Tensor:
    """Return places spread evenly over `count`, so that a range is shown from end to end."""
    return torch.linspace(0, count - 1, min(count, IMAGES_A_GROUP)).round().long()


def _range_words(values: Tensor) -> str:
    low, high = (float(value) for value in torch.aminmax(values))
    return f"{low:.3g}" if low == high else f"{low:.3g} to {high:.3g}"
