"""Data from folders and .npz files: what is read, and what is refused in words."""

import io
import os
import warnings
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from acc.dataset import DatasetError
from acc.datasets import folder as folder_module
from acc.datasets.errors import BadFilesError
from acc.datasets.folder import folder_find, load_folder
from acc.datasets.npz import load_npz


@pytest.fixture
def pets(tmp_path):
    for name, level in (("cat", 10), ("dog", 200)):
        (tmp_path / "pets" / name / "more").mkdir(parents=True)
        for number in range(4):
            path = tmp_path / "pets" / name / ("more" if number % 2 else ".") / f"{number}.png"
            Image.new("L", (24, 16), level + number).save(path)
    return tmp_path / "pets"


def npz(**arrays):
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)
    buffer.seek(0)
    return buffer


@pytest.mark.parametrize(
    ("shape", "words"),
    [
        ((4, 28, 28, 3), r"\[4, 28, 28, 3\] looks like \[N, H, W, C\]; images.transpose"),
        ((4, 2, 28, 28), "images have 2 channels; 1 \\(grey\\) or 3 \\(RGB\\) can be shown"),
        ((4, 4, 28, 28), r"images have 4 channels; .*, and images\[:, :3\] of RGBA"),
        ((4, 28, 28, 4), r"\[N, 28, 28, 4\] looks like \[N, H, W, C\] with 4 channels \(RGBA\)"),
    ],
)
def test_channels_that_no_picture_has_are_refused(shape, words):
    with pytest.raises(DatasetError, match=words):
        load_npz(npz(images=np.zeros(shape, np.uint8)), name="odd")


def refused(folder, **options):
    with pytest.raises(BadFilesError) as caught:
        load_folder(folder, name="pets", skip_bad=False, **options)
    return str(caught.value).split("\n")


def test_a_folder_may_be_given_by_a_relative_path_or_a_link(pets, monkeypatch):
    monkeypatch.chdir(pets.parent)
    (pets.parent / "link").symlink_to(pets)
    for folder in (Path("pets"), Path("link")):
        assert len(load_folder(folder, name="pets", image_size=8, skip_bad=False).dataset) == 8


def test_folders_are_classes_in_the_order_of_their_names(pets):
    read = load_folder(pets, name="pets", image_size=8, skip_bad=False)
    assert read.class_names == ["cat", "dog"]
    data = read.dataset
    assert (len(data), data.image_shape, data.num_classes) == (8, (1, 8, 8), 2)
    levels = (data.images.mean(dim=(1, 2, 3)) * 255).round().int().tolist()
    assert data.targets is not None
    assert sorted(zip(data.targets.tolist(), levels, strict=True)) == [
        (label, level + number) for label, level in ((0, 10), (1, 200)) for number in range(4)
    ]


def test_one_colour_image_makes_all_of_them_colour_and_grey_can_be_asked_for(pets):
    Image.new("RGB", (9, 9), (255, 0, 0)).save(pets / "cat" / "red.jpg", quality=95)
    assert load_folder(pets, name="x", image_size=8, skip_bad=False).dataset.image_shape[0] == 3
    grey = load_folder(pets, name="x", image_size=8, colours="grey", skip_bad=False)
    assert grey.dataset.image_shape[0] == 1


def test_what_is_transparent_is_seen_on_white(tmp_path):
    for name in ("grey", "many", "one"):
        (tmp_path / "icons" / name).mkdir(parents=True)
    palette = Image.new("P", (8, 8), 1)
    palette.putpalette([255, 0, 0, 0, 0, 255])
    palette.save(tmp_path / "icons" / "many" / "a.png", transparency=bytes([0, 51]))
    Image.new("RGBA", (8, 8), (255, 0, 0, 0)).save(tmp_path / "icons" / "one" / "a.png")
    Image.new("LA", (8, 8), (0, 51)).save(tmp_path / "icons" / "grey" / "a.png")
    data = load_folder(tmp_path / "icons", name="x", image_size=8, skip_bad=False).dataset
    # In the order of the classes: a fifth of black, a fifth of blue, and nothing.
    assert (data.images[:, :, 0, 0] * 255).round().int().tolist() == [
        [204, 204, 204],
        [204, 204, 255],
        [255, 255, 255],
    ]
    for name in ("many", "one"):
        (tmp_path / "icons" / name / "a.png").unlink()
    Image.new("L", (8, 8), 7).save(tmp_path / "icons" / "one" / "a.png")
    data = load_folder(tmp_path / "icons", name="x", image_size=8, skip_bad=False).dataset
    assert (data.images[:, 0, 0, 0] * 255).round().int().tolist() == [204, 7]


def test_hidden_files_do_not_count(pets):
    (pets / "cat" / ".DS_Store").write_bytes(b"x")
    (pets / ".git").mkdir()
    assert len(load_folder(pets, name="x", skip_bad=False).dataset) == 8


def test_every_bad_file_is_named_with_what_is_wrong(pets, tmp_path, monkeypatch):
    monkeypatch.setattr(folder_module, "MAX_PIXEL_COUNT", 1000)
    monkeypatch.setattr(folder_module, "MAX_FILE_BYTES", 5000)
    Image.new("L", (60, 60)).save(pets / "cat" / "bomb.png")
    (pets / "cat" / "fat.png").write_bytes(b"x" * 6000)
    Image.fromarray(np.zeros((8, 8), np.uint16)).save(pets / "dog" / "deep.png")
    (tmp_path / "secret.png").write_bytes((pets / "cat" / "0.png").read_bytes())
    (pets / "dog" / "link.png").symlink_to(tmp_path / "secret.png")
    (pets / "dog" / "nowhere.png").symlink_to(tmp_path / "nowhere.png")
    os.mkfifo(pets / "dog" / "pipe.png")
    head, *lines = refused(pets)
    assert head == "6 of 14 files cannot be used:"
    for name, words in {
        "cat/bomb.png": "60 x 60 pixels",
        "cat/fat.png": "is larger than",
        "dog/deep.png": "8 bits a channel",
        "dog/link.png": "outside of the folder",
        "dog/nowhere.png": "No such file",
        "dog/pipe.png": "is no regular file",
    }.items():
        assert any(line.startswith(name) and words in line for line in lines), (name, lines)
    read = load_folder(pets, name="x", skip_bad=True)
    assert (len(read.dataset), len(read.skipped)) == (8, 6)


def test_what_pillow_takes_for_a_bomb_is_refused_and_not_warned_of(pets, monkeypatch):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 300)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        lines = refused(pets)
    assert len(lines) == 9
    assert "pixels" in lines[1]


def test_a_folder_without_classes_or_images_is_refused(tmp_path):
    for made in ("empty", "classes/cat"):
        (tmp_path / made).mkdir(parents=True)
    for name in ("empty", "classes"):
        with pytest.raises(DatasetError, match="hold"):
            load_folder(tmp_path / name, name="x", skip_bad=True)


def test_a_folder_without_images_is_no_class_and_the_others_labels_have_no_gap(pets):
    (pets / "cow" / "more").mkdir(parents=True)
    (pets / "ant").mkdir()
    (pets / "bee").mkdir()
    (pets / "bee" / "a.png").write_bytes(b"x")
    read = load_folder(pets, name="pets", image_size=8, skip_bad=True)
    assert (read.class_names, read.empty) == (["cat", "dog"], ["ant", "bee", "cow"])
    assert read.dataset.num_classes == 2
    assert read.dataset.targets is not None
    assert set(read.dataset.targets.tolist()) == {0, 1}


@pytest.fixture
def divided(pets, tmp_path):
    """A folder with parts: dogs and cats to train on, a cat and a cow held out."""
    whole = tmp_path / "divided"
    whole.mkdir()
    pets.rename(whole / "train")
    for number, name in enumerate(("val/cat", "test/cow")):
        (whole / name).mkdir(parents=True)
        Image.new("L", (24, 16), 100 + number).save(whole / name / "held.png")
    return whole


def test_train_and_val_folders_are_the_split(divided):
    read = load_folder(divided, name="pets", image_size=8, skip_bad=False)
    data = read.dataset
    assert (read.class_names, read.parts) == (["cat", "cow", "dog"], ["test", "train", "val"])
    assert data.targets is not None
    held_out = (data.images[data.eval_indices].mean(dim=(1, 2, 3)) * 255).round().int().tolist()
    assert sorted(zip(held_out, data.targets[data.eval_indices].tolist(), strict=True)) == [
        (100, 0),
        (101, 1),
    ]
    assert data.train_size == 8
    assert set(data.targets[data.train_indices].tolist()) == {0, 2}


def test_a_bad_file_of_a_divided_folder_takes_no_other_image_across_the_split(divided):
    (divided / "test" / "cow" / "a.png").write_bytes(b"x")
    (divided / "train" / "cat" / "0.png").write_bytes(b"x")
    read = load_folder(divided, name="pets", image_size=8, skip_bad=True)
    assert [name for name, _ in read.skipped] == ["test/cow/a.png", "train/cat/0.png"]
    assert (read.dataset.train_size, read.dataset.eval_size) == (7, 2)


def test_classes_called_train_and_test_are_classes(tmp_path):
    for name in ("train", "test"):
        (tmp_path / "words" / name).mkdir(parents=True)
        for number in range(3):
            Image.new("L", (8, 8), number).save(tmp_path / "words" / name / f"{number}.png")
    read = load_folder(tmp_path / "words", name="words", image_size=8, skip_bad=False)
    assert (read.class_names, read.parts) == (["test", "train"], [])


def test_a_path_is_found_below_the_first_root_that_has_it(tmp_path):
    (tmp_path / "one").mkdir()
    (tmp_path / "two" / "pets").mkdir(parents=True)
    roots = [tmp_path / "one", tmp_path / "two"]
    assert folder_find(roots, "pets") == tmp_path / "two" / "pets"
    assert folder_find(roots, str(tmp_path / "two" / "pets")) == tmp_path / "two" / "pets"
    for path in ("", "nothing", "..", "pets/../../one/../..", "a\0b"):
        with pytest.raises(DatasetError):
            folder_find(roots, path)


def test_an_npz_keeps_its_arrays_and_its_own_split():
    images = np.random.default_rng(0).random((10, 3, 8, 8))
    data = load_npz(
        npz(images=images, targets=np.arange(10) % 2, eval_indices=np.array([1, 2])), name="mine"
    )
    assert (data.target_type, data.eval_size, data.image_shape) == ("classes", 2, (3, 8, 8))
    assert np.allclose(data.images.numpy(), images)


@pytest.mark.parametrize(
    ("arrays", "words"),
    [
        ({"pixels": np.zeros((4, 8, 8))}, "has no array 'images'; its arrays are: pixels"),
        (
            {"images": np.zeros((4, 8, 8)), "extra": np.zeros(1)},
            r"1 of 2 arrays cannot be used:\nextra: is not one of",
        ),
        ({"images": np.array([None, None])}, "pickles never are"),
        ({"images": np.zeros((4, 8, 8), complex)}, "only real numbers"),
        ({"images": np.full((4, 8, 8), 7.0)}, "must lie in"),
        ({"images": np.zeros((4, 8, 8)), "targets": np.zeros(3)}, "4 images but 3 targets"),
        (
            {"images": np.zeros((4, 8, 8)), "targets": np.eye(4, dtype=np.int64)},
            r"must be \[N\], not \[4, 4\]; these look one-hot: targets.argmax\(1\) is \[N\]",
        ),
        (
            {"images": np.zeros((4, 8, 8)), "targets": np.ones((4, 2), np.int64)},
            r"must be \[N\], not \[4, 2\]$",
        ),
    ],
)
def test_arrays_that_make_no_data_set_are_refused_in_words(arrays, words):
    with pytest.raises(DatasetError, match=words):
        load_npz(npz(**arrays), name="mine")


def test_a_header_cannot_ask_for_more_than_the_file_has():
    buffer = io.BytesIO()
    header = io.BytesIO()
    shape = {"descr": "|u1", "fortran_order": False, "shape": (2**40, 8, 8)}
    np.lib.format.write_array_header_1_0(header, shape)
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("images.npy", header.getvalue())
    with pytest.raises(BadFilesError, match="says that it takes"):
        load_npz(buffer, name="mine")


@pytest.mark.parametrize("keep", [0, 10, 200, 400])
def test_a_file_that_is_cut_off_is_refused(keep):
    content = npz(images=np.zeros((4, 8, 8), np.uint8)).getvalue()
    with pytest.raises(DatasetError):
        load_npz(io.BytesIO(content[:keep]), name="mine")


def test_flipped_bits_are_noticed():
    content = bytearray(npz(images=np.zeros((4, 8, 8), np.uint8)).getvalue())
    content[200] ^= 1
    with pytest.raises(DatasetError, match=r"images\.npy"):
        load_npz(io.BytesIO(bytes(content)), name="mine")
