"""The data sets that can be had by name: digits, mnist, fashion_mnist and cifar10."""

import contextlib
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal, TypeAlias

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn import functional

from acc.checks import require_memory, require_whole
from acc.dataset import AccDataset, DatasetError
from acc.datasets.idx import read_idx
from acc.raster import in_chunks

BUILTIN_NAMES = ("digits", "mnist", "fashion_mnist", "cifar10")

Part: TypeAlias = tuple[npt.NDArray[Any], npt.NDArray[Any]]
"""Images and labels of a train or a test part."""

_IDX_FOLDERS: dict[str, Literal["MNIST", "FashionMNIST"]] = {
    "mnist": "MNIST",
    "fashion_mnist": "FashionMNIST",
}
# Where Debian's package dataset-fashion-mnist puts its files.
_SYSTEM_FOLDERS = {"fashion_mnist": Path("/usr/share/datasets/fashion-mnist")}
_DOWNLOAD_SILENCE_SECONDS = 20.0


def load_builtin(name: str, image_size: int = 32, data_dir: Path | None = None) -> AccDataset:
    """Return the data set `name`, its images resized to `image_size` pixels square.

    digits ships inside scikit-learn and needs no network; its split is stratified. The others are
    read from `data_dir` in torchvision's layout, downloaded there if missing, and keep the train
    and test parts that they are known by.

    Args:
        name: one of digits, mnist, fashion_mnist, cifar10.
        image_size: side of the images in pixels, 8 to 256; bilinear, antialiased when shrinking.
        data_dir: torchvision's root directory.

    Raises:
        DatasetError: the name is unknown, or the files are missing and cannot be had.
    """
    if name not in BUILTIN_NAMES:
        raise DatasetError(f"there is no built-in data set {name!r}; choose from {BUILTIN_NAMES}")
    try:
        require_whole("image_size", image_size, low=8, high=256)
    except ValueError as error:
        raise DatasetError(str(error)) from error
    if name == "digits":
        return _load_digits(image_size)
    if data_dir is None:
        raise DatasetError(f"{name} needs a directory to read its files from")
    train, test = _cifar10_parts(data_dir) if name == "cifar10" else _idx_parts(name, data_dir)
    images = np.concatenate([train[0], test[0]])
    labels = np.concatenate([train[1], test[1]])
    held_out = np.arange(len(train[1]), len(labels))
    return AccDataset(
        _resized(torch.from_numpy(images), image_size),
        labels,
        name=name,
        num_classes=10,
        eval_indices=held_out,
    )


def _load_digits(image_size: int) -> AccDataset:
    # Late, and so are torchvision's imports below: each takes most of a second.
    from sklearn.datasets import load_digits

    digits = load_digits()
    levels = (digits.images * (255 / 16)).round().astype(np.uint8)
    images = _resized(torch.from_numpy(levels).unsqueeze(1), image_size)
    return AccDataset(images, digits.target, name="digits", num_classes=10)


def _resized(images: Tensor, image_size: int) -> Tensor:
    """Return uint8 [N, C, H, W] as float32 in [0, 1], `image_size` pixels square."""
    try:
        require_memory(len(images), (images.shape[1], image_size, image_size))
    except ValueError as error:
        raise DatasetError(str(error)) from error
    size = (image_size, image_size)

    def resize(part: slice) -> Tensor:
        floats = images[part].to(torch.float32) / 255
        return functional.interpolate(floats, size=size, mode="bilinear", antialias=True).clamp(
            0, 1
        )

    return in_chunks(len(images), resize)


def _idx_parts(name: str, data_dir: Path) -> tuple[Part, Part]:
    folder = data_dir / _IDX_FOLDERS[name] / "raw"
    places = [folder, *([_SYSTEM_FOLDERS[name]] if name in _SYSTEM_FOLDERS else [])]
    place = next((place for place in places if _has_idx_files(place)), None)
    if place is None:
        with _downloading(name, data_dir):
            from torchvision import datasets

            getattr(datasets, _IDX_FOLDERS[name])(str(data_dir), download=True)
        place = folder
    try:
        return _idx_part(place, "train"), _idx_part(place, "t10k")
    except (OSError, ValueError) as error:
        raise DatasetError(f"{name} cannot be read: {error}") from error


def _idx_file(folder: Path, stem: str) -> Path:
    """Return the file as torchvision unpacks it, or else the compressed one."""
    plain = folder / stem
    return plain if plain.is_file() else folder / f"{stem}.gz"


def _has_idx_files(folder: Path) -> bool:
    stems = [f"{part}-{kind}" for part in ("train", "t10k") for kind in _IDX_KINDS]
    return all(_idx_file(folder, stem).is_file() for stem in stems)


_IDX_KINDS = ("images-idx3-ubyte", "labels-idx1-ubyte")


def _idx_part(folder: Path, part: str) -> Part:
    images, labels = (read_idx(_idx_file(folder, f"{part}-{kind}")) for kind in _IDX_KINDS)
    if images.ndim != 3 or labels.shape != images.shape[:1]:
        raise ValueError(f"the {part} files in {folder} do not belong together")
    return images[:, None], labels


def _cifar10_parts(data_dir: Path) -> tuple[Part, Part]:
    with _downloading("cifar10", data_dir):
        from torchvision.datasets import CIFAR10

        # Given what is already there, torchvision checks it and downloads nothing.
        parts = [CIFAR10(str(data_dir), train=train, download=True) for train in (True, False)]
    train, test = (
        (part.data.transpose(0, 3, 1, 2), np.asarray(part.targets, np.int64)) for part in parts
    )
    return train, test


@contextlib.contextmanager
def _downloading(name: str, data_dir: Path) -> Iterator[None]:
    """Turn whatever goes wrong with a download into a sentence, a dead network too."""
    before = socket.getdefaulttimeout()
    # torchvision waits for ever on a network that swallows packets.
    socket.setdefaulttimeout(_DOWNLOAD_SILENCE_SECONDS)
    try:
        yield
    except Exception as error:
        raise DatasetError(_how_to_get(name, data_dir)) from error
    finally:
        socket.setdefaulttimeout(before)


def _how_to_get(name: str, data_dir: Path) -> str:
    sentence = f"{name} is not in {data_dir} and could not be downloaded; "
    if name == "cifar10":
        return sentence + f"put cifar-10-python.tar.gz, or what it unpacks to, in {data_dir}"
    folder = data_dir / _IDX_FOLDERS[name] / "raw"
    sentence += f"put its four idx files (.gz or unpacked) in {folder}"
    if name == "fashion_mnist":
        sentence += ", or install Debian's package dataset-fashion-mnist"
    return sentence
