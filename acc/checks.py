"""Checks of parameters that people type into forms, each with a sentence for who typed it."""

import math
import sys
from collections.abc import Sequence

# A data set lives in memory as float32; a slip of one digit in a form must not end the process.
MAX_IMAGE_BYTES = 4 * 1024**3


def is_finite_number(value: float) -> bool:
    """Return whether a value is a number that a float can hold, and neither infinite nor NaN."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    # NaN is neither larger nor smaller.
    return is_number and abs(value) <= sys.float_info.max


def require_whole(name: str, value: int, *, low: int, high: int) -> int:
    """Return `value` if it is a whole number from `low` to `high`.

    Raises:
        ValueError: it is not.
    """
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise ValueError(f"{name} must be a whole number from {low:,} to {high:,}, not {value!r}")
    return value


def require_real(name: str, value: float, *, low: float, high: float) -> float:
    """Return `value` as a float if it is a number from `low` to `high`.

    Raises:
        ValueError: it is not, or it is NaN.
    """
    if not is_finite_number(value) or not low <= value <= high:
        raise ValueError(f"{name} must be a number from {low:g} to {high:g}, not {value!r}")
    return float(value)


def require_name(name: str, value: str) -> str:
    """Return `value` if it is text that shows on a screen.

    Raises:
        ValueError: it is no text, or blank.
    """
    if not isinstance(value, str) or not value.strip():
        raise ValueError(f"{name} must be a text that is not blank, not {value!r}")
    return value


def require_wholes(name: str, values: Sequence[int], *, low: int, high: int) -> tuple[int, ...]:
    """Return `values` as a tuple if it is a non-empty list of whole numbers from `low` to `high`.

    Raises:
        ValueError: it is not.
    """
    if not isinstance(values, list | tuple) or not values:
        raise ValueError(f"{name} must be a list of whole numbers, not {values!r}")
    return tuple(require_whole(f"each number of {name}", v, low=low, high=high) for v in values)


def require_image_shape(image_shape: Sequence[int], *, stage_count: int) -> tuple[int, int, int]:
    """Return `image_shape` as (C, H, W) if `stage_count` halvings of H and W come out whole.

    Raises:
        ValueError: it is no [C, H, W], not square, or not divisible.
    """
    shape = require_wholes("image_shape", image_shape, low=1, high=4096)
    if len(shape) != 3:
        raise ValueError(f"image_shape must be [channels, height, width], not {list(shape)}")
    channel_count, height, width = shape
    divisor = 2**stage_count
    if height != width or height % divisor:
        raise ValueError(
            f"image_shape must be square with a side that is a multiple of {divisor} "
            f"(2 for each of {stage_count} stages), not {height}x{width}"
        )
    return channel_count, height, width


def require_memory(count: int, image_shape: Sequence[int]) -> None:
    """Pass if `count` images of `image_shape` fit the memory we grant a data set.

    Raises:
        ValueError: they would not.
    """
    needed_bytes = 4 * count * math.prod(image_shape)
    if needed_bytes > MAX_IMAGE_BYTES:
        raise ValueError(
            f"{count} images of {'x'.join(map(str, image_shape))} would take "
            f"{needed_bytes / 1024**3:.1f} GiB of memory, and {MAX_IMAGE_BYTES // 1024**3} GiB "
            "is the limit; choose fewer or smaller images"
        )
