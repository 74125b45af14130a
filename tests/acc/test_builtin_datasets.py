"""Built-in data sets: digits without a network, the others from files, or a sentence."""

import gzip
import hashlib
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from torchvision.datasets import CIFAR10

from acc.dataset import DatasetError
from acc.datasets.builtin import load_builtin
from acc.datasets.idx import read_idx


def idx_bytes(array: np.ndarray) -> bytes:
    """Return an idx file of bytes as MNIST's authors describe it."""
    lengths = b"".join(length.to_bytes(4, "big") for length in array.shape)
    return bytes([0, 0, 8, array.ndim]) + lengths + array.astype(np.uint8).tobytes()


def write_mnist(folder: Path, *, compressed: bool = False, test_labels: int = 10) -> None:
    """Write MNIST's four files with 20 and 10 images, image n filled with n."""
    folder.mkdir(parents=True)
    for part, size, label_count in (("train", 20, 20), ("t10k", 10, test_labels)):
        pixels = np.arange(size).repeat(28 * 28).reshape(size, 28, 28)
        for kind, array in (
            ("images-idx3-ubyte", pixels),
            ("labels-idx1-ubyte", np.arange(label_count) % 10),
        ):
            content = idx_bytes(array)
            if compressed:
                (folder / f"{part}-{kind}.gz").write_bytes(gzip.compress(content))
            else:
                (folder / f"{part}-{kind}").write_bytes(content)


@pytest.fixture
def no_network(monkeypatch):
    """Send every download to a port where nobody listens."""
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.setenv(name, "")


@pytest.mark.parametrize("image_size", [8, 28, 32])
def test_digits_need_neither_files_nor_network(image_size, no_network):
    data = load_builtin("digits", image_size)
    assert data.image_shape == (1, image_size, image_size)
    assert (len(data), data.num_classes, data.target_type) == (1797, 10, "classes")
    assert data.images.max() == 1
    assert data.content_hash() == load_builtin("digits", image_size).content_hash()


@pytest.mark.parametrize("compressed", [False, True])
@pytest.mark.parametrize(
    ("name", "folder"), [("mnist", "MNIST"), ("fashion_mnist", "FashionMNIST")]
)
def test_idx_files_are_read_and_keep_their_test_part(name, folder, compressed, tmp_path):
    write_mnist(tmp_path / folder / "raw", compressed=compressed)
    data = load_builtin(name, 14, tmp_path)
    assert data.image_shape == (1, 14, 14)
    assert (data.train_size, data.eval_size) == (20, 10)
    assert sorted(data.eval_indices.tolist()) == list(range(20, 30))
    assert data.images[7].unique().tolist() == pytest.approx([7 / 255])


def test_files_that_do_not_belong_together_are_refused(tmp_path):
    write_mnist(tmp_path / "MNIST" / "raw", test_labels=9)
    with pytest.raises(DatasetError, match="do not belong together"):
        load_builtin("mnist", 32, tmp_path)


@pytest.mark.parametrize(
    ("name", "place"), [("mnist", "MNIST/raw"), ("cifar10", "cifar-10-python.tar.gz")]
)
def test_without_files_and_network_the_error_says_where_to_put_them(
    name, place, tmp_path, no_network
):
    with pytest.raises(DatasetError, match=f"{name} is not in .* could not be downloaded.*{place}"):
        load_builtin(name, 32, tmp_path)


def test_cifar_files_are_read_and_keep_their_test_part(tmp_path, monkeypatch, no_network):
    """Small files in CIFAR's format, with their own checksums in place of the real ones'."""
    folder = tmp_path / CIFAR10.base_folder
    folder.mkdir()

    def write(name: str, content: dict[str, Any]) -> list[list[str]]:
        pickled = pickle.dumps(content)
        (folder / name).write_bytes(pickled)
        return [[name, hashlib.md5(pickled).hexdigest()]]

    # CIFAR's order: all red pixels row by row, then green, then blue.
    rows = np.repeat(np.array([[255, 0, 51]], np.uint8), 32 * 32, axis=1)
    train = {"data": rows.repeat(4, axis=0), "labels": [0, 1, 2, 9]}
    test = {"data": rows.repeat(2, axis=0), "labels": [3, 4]}
    (names,) = write("batches.meta", {"label_names": list("abcdefghij")})
    monkeypatch.setattr(CIFAR10, "train_list", write("data_batch_1", train))
    monkeypatch.setattr(CIFAR10, "test_list", write("test_batch", test))
    meta = {"filename": names[0], "key": "label_names", "md5": names[1]}
    monkeypatch.setattr(CIFAR10, "meta", meta)
    data = load_builtin("cifar10", 16, tmp_path)
    assert data.image_shape == (3, 16, 16)
    assert data.images[0].mean(dim=(1, 2)).tolist() == pytest.approx([1, 0, 0.2])
    assert data.targets is not None
    assert data.targets.tolist() == [0, 1, 2, 9, 3, 4]
    assert (data.num_classes, sorted(data.eval_indices.tolist())) == (10, [4, 5])


def test_cifar_files_that_are_not_cifar_are_refused_and_not_unpickled(tmp_path, no_network):
    folder = tmp_path / "cifar-10-batches-py"
    folder.mkdir()
    for name in [*(f"data_batch_{n}" for n in range(1, 6)), "test_batch", "batches.meta"]:
        (folder / name).write_bytes(pickle.dumps({"data": [], "labels": []}))
    with pytest.raises(DatasetError, match="cifar10 is not in"):
        load_builtin("cifar10", 32, tmp_path)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("imagenet",), "choose from"),
        (("digits", 7), "from 8 to 256"),
        (("digits", "32"), "whole number"),
        (("mnist",), "needs a directory"),
    ],
)
def test_a_wrong_request_is_refused_in_a_sentence(arguments, sentence):
    with pytest.raises(DatasetError, match=sentence):
        load_builtin(*arguments)


@pytest.mark.parametrize(
    ("content", "name", "sentence"),
    [
        (b"", "x", "not an idx file"),
        (b"\x00\x00\x0d\x01", "x", "not an idx file"),
        (b"\x00\x00\x08\x03\x00", "x", "ends too early"),
        (idx_bytes(np.zeros((3, 4)))[:-1], "x", "cut off"),
        # Without the time, which would be part of its name, another one in every process.
        (gzip.compress(idx_bytes(np.zeros((3, 4))), mtime=0)[:-9], "x.gz", "complete gzip"),
        (b"not gzip at all", "x.gz", "complete gzip"),
    ],
)
def test_a_damaged_idx_file_is_named(content, name, sentence, tmp_path):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ValueError, match=sentence):
        read_idx(tmp_path / name)
