"""Reader of the idx files that MNIST and its relatives come in."""

import gzip
import math
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

_UINT8 = 0x08


def read_idx(path: Path) -> npt.NDArray[np.uint8]:
    """Return the array of bytes in an idx file, as it is or compressed by gzip.

    Two zero bytes, the type, the number of axes, each axis' length as a big-endian 32-bit integer,
    then the values: Yann LeCun's "THE MNIST DATABASE of handwritten digits", file formats.

    Raises:
        ValueError: the file is no complete idx file of bytes.
        OSError: it cannot be read.
    """
    content = _content(path)
    if len(content) < 4 or content[:3] != bytes([0, 0, _UINT8]):
        raise ValueError(f"{path} is not an idx file of bytes")
    axis_count = content[3]
    header_bytes = 4 + 4 * axis_count
    if len(content) < header_bytes:
        raise ValueError(f"{path} ends too early")
    lengths: npt.NDArray[Any] = np.frombuffer(content, ">u4", count=axis_count, offset=4)
    shape = [int(length) for length in lengths]
    if len(content) != header_bytes + math.prod(shape):
        raise ValueError(f"{path} should hold {shape} values and does not; it may be cut off")
    return np.frombuffer(content, np.uint8, offset=header_bytes).reshape(shape)


def _content(path: Path) -> bytes:
    if path.suffix != ".gz":
        return path.read_bytes()
    try:
        with gzip.open(path) as file:
            return file.read()
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise ValueError(f"{path} is not a complete gzip file") from error
