"""Data sets from folders of images, one folder a class, as torchvision's ImageFolder reads them."""

import os
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, TypeAlias

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageOps, UnidentifiedImageError

from acc.checks import require_memory, require_whole
from acc.dataset import AccDataset, DatasetError
from acc.datasets.errors import BadFilesError

Colours: TypeAlias = Literal["auto", "grey", "colour"]
Pixels: TypeAlias = npt.NDArray[np.uint8]

MAX_FILE_COUNT = 200_000
MAX_FILE_BYTES = 64 * 1024**2
# A few kilobytes of a compressed file may ask for gigabytes of pixels.
MAX_PIXEL_COUNT = 50_000_000
FORMATS = ("PNG", "JPEG", "BMP", "GIF", "PPM", "TIFF", "WEBP")
# 16 bits and floats have no range that could be known from the file.
_MODES = {"1", "L", "LA", "P", "PA", "RGB", "RGBA", "CMYK", "YCbCr", "La", "RGBa"}
# Folders that divide a data set, and whether theirs is held out.
PARTS = {"train": False, "val": True, "valid": True, "validation": True, "test": True}
_GREY_MODES = {"1", "L", "LA", "La"}


@dataclass
class Folder:
    """What was read of a folder.

    Attributes:
        class_names: the classes' folders, in the order of their labels.
        empty: folders of which no image was read; they are no classes.
        skipped: files that were left out, and why.
        parts: the folders that divide it, if some do: "train" and those that are held out.
    """

    dataset: AccDataset
    class_names: list[str]
    empty: list[str] = field(default_factory=list)
    skipped: list[tuple[str, str]] = field(default_factory=list)
    parts: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class _File:
    path: Path
    label: int
    is_held_out: bool


def folder_find(roots: Sequence[Path], path: str) -> Path:
    """Return the folder that a path names below one of the roots; links may not lead out of them.

    Raises:
        DatasetError: there is none.
    """
    allowed = ", ".join(str(root) for root in roots)
    if not path.strip() or "\0" in path:
        raise DatasetError(f"the path of a folder below {allowed} is needed")
    for root in roots:
        found = (root / path).resolve()
        if found.is_relative_to(root.resolve()) and found.is_dir():
            return found
    # The same words for a folder elsewhere: nobody learns which directories there are.
    raise DatasetError(
        f"there is no folder '{path}' below {allowed}; the operator names the directories that "
        "images may come from in ACC_IMAGE_DIRS"
    )


def load_folder(
    folder: Path, *, name: str, image_size: int = 32, colours: Colours = "auto", skip_bad: bool
) -> Folder:
    """Read a folder whose folders are classes: animals/cat/1.png, animals/dog/a/2.jpg.

    Images are cut to their central square and resized to `image_size` pixels; what is transparent
    is seen on white. Classes are numbered in the order of their names. Files and folders whose
    names begin with a dot do not count, nor do folders without an image: nothing could be learned
    of such a class, and ImageFolder refuses it.

    Where the folder holds train/ and val/ (or valid/, validation/, test/) with the classes in them,
    that is the split: all but train/ is held out.

    Args:
        colours: "auto" keeps one channel where every image is grey.
        skip_bad: go on without the files that cannot be used.

    Raises:
        DatasetError: there are no classes, or the images are too many.
        BadFilesError: some files cannot be used, or too few can.
    """
    try:
        require_whole("image_size", image_size, low=8, high=256)
    except ValueError as error:
        raise DatasetError(str(error)) from error
    folder = folder.resolve()
    parts = _parts(folder)
    roots = [folder / part for part in parts] or [folder]
    classes = sorted({name_ for root in roots for name_ in _folders(root)})
    if not classes:
        raise DatasetError(
            f"{folder.name} holds no folders; each class needs a folder of its images"
        )
    files = [
        _File(path, label, is_held_out=PARTS[root.name] if parts else False)
        for root in roots
        for label, name_ in enumerate(classes)
        for path in _files(root, name_)
    ]
    if not files:
        raise DatasetError(f"the folders in {folder.name} hold no images")
    channels = {"grey": 1, "colour": 3, "auto": None}[colours]
    try:
        require_memory(len(files), (channels or 1, image_size, image_size))
    except ValueError as error:
        raise DatasetError(str(error)) from error
    images, read, problems = _read(folder, files, image_size, channels)
    if problems and (not skip_bad or len(images) < 2):
        raise BadFilesError(problems, count=len(files))
    found, labels = np.unique([file.label for file in read], return_inverse=True)
    dataset = AccDataset(
        _stacked(images),
        labels.astype(np.int64),
        name=name,
        num_classes=len(found),
        eval_indices=np.flatnonzero([file.is_held_out for file in read]) if parts else None,
    )
    kept = [classes[label] for label in found]
    return Folder(dataset, kept, sorted({*classes} - {*kept}), problems, parts)


def _parts(folder: Path) -> list[str]:
    """Return the folders that divide a data set, [] where they are its classes."""
    names = _folders(folder)
    divided = len(names) > 1 and "train" in names and set(names) <= PARTS.keys()
    # Without folders in them, they are classes: pictures of trains and of tests.
    return names if divided and all(_folders(folder / name) for name in names) else []


def _folders(folder: Path) -> list[str]:
    return sorted(
        entry.name for entry in folder.iterdir() if entry.is_dir() and entry.name[0] != "."
    )


def _files(folder: Path, class_name: str) -> list[Path]:
    found = []
    for directory, inner, names in os.walk(folder / class_name):
        inner[:] = sorted(entry for entry in inner if entry[0] != ".")
        found += [Path(directory, name) for name in sorted(names) if name[0] != "."]
        if len(found) > MAX_FILE_COUNT:
            raise DatasetError(f"{class_name} holds more than {MAX_FILE_COUNT:,} files")
    return found


def _read(
    folder: Path, files: list[_File], image_size: int, channels: int | None
) -> tuple[list[Pixels], list[_File], list[tuple[str, str]]]:
    """Return the images, the files that they are of, and why others cannot be used."""
    images, read, problems = [], [], []
    for file in files:
        try:
            images.append(_pixels(file.path, folder, image_size, channels))
            read.append(file)
        except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
            # Pillow raises SyntaxError for some broken PNG files.
            problems.append((str(file.path.relative_to(folder)), _words(error)))
    return images, read, problems


def _stacked(images: list[Pixels]) -> Pixels:
    """Return uint8 [N, H, W] where all images are grey, else [N, 3, H, W]."""
    if all(image.ndim == 2 for image in images):
        return np.stack(images)
    try:
        require_memory(len(images), (3, *images[0].shape[:2]))
    except ValueError as error:
        raise DatasetError(str(error)) from error
    return np.stack([_as_colour(image) for image in images]).transpose(0, 3, 1, 2)


def _pixels(path: Path, folder: Path, image_size: int, channels: int | None) -> Pixels:
    """Return uint8 [H, W] of a grey image, else [H, W, 3].

    Raises:
        OSError, ValueError: the file is none that is read here.
    """
    real = path.resolve(strict=True)
    if not real.is_relative_to(folder):
        raise ValueError("is a link to a file outside of the folder")
    if not real.is_file():
        raise ValueError("is no regular file")
    if real.stat().st_size > MAX_FILE_BYTES:
        raise ValueError(f"is larger than {MAX_FILE_BYTES // 1024**2} MiB")
    with warnings.catch_warnings():
        # What Pillow warns of is not worth a place among a model's images.
        warnings.simplefilter("error")
        try:
            with Image.open(real, formats=FORMATS) as image:
                _check(image)
                upright = ImageOps.exif_transpose(image)
                mode = "L" if channels == 1 or _stays_grey(upright, channels) else "RGB"
                seen = _on_white(upright).convert(mode)
                fitted = ImageOps.fit(seen, (image_size, image_size))
                return np.asarray(fitted)
        except Warning as warning:
            raise ValueError(f"is suspicious: {warning}") from warning


def _check(image: Image.Image) -> None:
    width, height = image.size
    if width * height > MAX_PIXEL_COUNT:
        raise ValueError(
            f"has {width:,} x {height:,} pixels; {MAX_PIXEL_COUNT:,} in all are the limit"
        )
    if image.mode not in _MODES:
        raise ValueError(f"has pixels of the kind {image.mode}; save it with 8 bits a channel")


def _stays_grey(image: Image.Image, channels: int | None) -> bool:
    return channels is None and image.mode in _GREY_MODES


def _on_white(image: Image.Image) -> Image.Image:
    """Return an image as a viewer shows it: a transparent pixel may hide any colour."""
    if not image.has_transparency_data:
        return image
    # By way of RGBA: a palette with several degrees of transparency has no other one.
    white = Image.new("RGBA", image.size, "white")
    return Image.alpha_composite(white, image.convert("RGBA"))


def _as_colour(image: Pixels) -> Pixels:
    return np.stack([image] * 3, axis=-1) if image.ndim == 2 else image


def _words(error: Exception) -> str:
    if isinstance(error, UnidentifiedImageError):
        return f"is no image of a known kind ({', '.join(FORMATS)})"
    if isinstance(error, OSError) and error.strerror:
        return f"cannot be read: {error.strerror}"
    return str(error) or type(error).__name__
