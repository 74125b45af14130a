"""Data sets from numpy's .npz files; nothing in them is ever unpickled."""

import math
import zipfile
import zlib
from typing import IO, Any

import numpy as np
import numpy.typing as npt

from acc.checks import require_memory
from acc.dataset import AccDataset, DatasetError
from acc.dataset_checks import check_shown
from acc.datasets.errors import BadFilesError

IMAGES, TARGETS, EVAL_INDICES = "images", "targets", "eval_indices"
KNOWN = (IMAGES, TARGETS, EVAL_INDICES)
MAX_ARRAY_BYTES = 4 * 1024**3
_HEADERS = {
    (1, 0): np.lib.format.read_array_header_1_0,
    (2, 0): np.lib.format.read_array_header_2_0,
}


def load_npz(file: IO[bytes], *, name: str) -> AccDataset:
    """Return the data set of a file with the arrays `images`, `targets` and `eval_indices`.

    `images` is [N, H, W] or [N, C, H, W], uint8 or floats in [0, 1]; the others may be missing:
    without `targets` there are none, without `eval_indices` 15 % are held out.

    Raises:
        DatasetError: the file is no .npz, or its arrays do not make a data set.
        BadFilesError: some of its arrays cannot be used.
    """
    try:
        with zipfile.ZipFile(file) as archive:
            arrays = _arrays(archive)
    # As zipfile raises them: for another kind of packing, and for what is encrypted.
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise DatasetError(f"this is no .npz file, or it is cut off: {error}") from error
    found = AccDataset(
        arrays[IMAGES], arrays.get(TARGETS), name=name, eval_indices=arrays.get(EVAL_INDICES)
    )
    check_shown(found.image_shape)
    return found


def _arrays(archive: zipfile.ZipFile) -> dict[str, npt.NDArray[Any]]:
    names = {info.filename.removesuffix(".npy"): info for info in archive.infolist()}
    if IMAGES not in names:
        found = ", ".join(names) or "none"
        raise DatasetError(
            f"the file has no array '{IMAGES}'; its arrays are: {found} "
            "(numpy.savez(path, images=..., targets=...) writes one)"
        )
    arrays, problems = {}, []
    for name in KNOWN:
        if name not in names:
            continue
        try:
            arrays[name] = _array(archive, names[name], name)
        except (ValueError, OSError, zlib.error, zipfile.BadZipFile, EOFError) as error:
            problems.append((name, str(error)))
    problems += [(name, f"is not one of {', '.join(KNOWN)}") for name in names if name not in KNOWN]
    if problems:
        raise BadFilesError(problems, count=len(names), noun="arrays")
    return arrays


def _array(archive: zipfile.ZipFile, info: zipfile.ZipInfo, name: str) -> npt.NDArray[Any]:
    """Return one array, after its header was found to be harmless.

    Raises:
        ValueError: it holds objects, is too large, or is not what its header says.
    """
    with archive.open(info) as member:
        version = np.lib.format.read_magic(member)
        if version not in _HEADERS:
            raise ValueError(f"has the version {version} of numpy's format, which is not read here")
        shape, _, dtype = _HEADERS[version](member)
        if dtype.hasobject or dtype.kind not in "biuf":
            raise ValueError(f"holds {dtype}, and only real numbers are read; pickles never are")
        size_bytes = dtype.itemsize * math.prod(shape)
        # The header promises a size before there is any data: a few bytes could ask for all memory.
        if size_bytes > MAX_ARRAY_BYTES or size_bytes > info.file_size:
            raise ValueError(
                f"says that it takes {size_bytes:,} bytes, and it has {info.file_size:,} of at "
                f"most {MAX_ARRAY_BYTES:,}"
            )
        if name == IMAGES:
            require_memory(shape[0] if shape else 0, shape[1:])
    with archive.open(info) as member:
        array: npt.NDArray[Any] = np.lib.format.read_array(member, allow_pickle=False)
        return array
