"""What images and targets must be before they become a data set."""

import math
from typing import Any, Literal, TypeAlias

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

ArrayLike: TypeAlias = Tensor | npt.NDArray[Any]
TargetType: TypeAlias = Literal["classes", "float"]

MAX_CLASS_COUNT = 100_000
SHOWN_CHANNELS = (1, 3)  # grey and RGB
RGBA_CHANNELS = 4
# Resizing and decoding may leave the range by a rounding error; anything more is a mistake.
_RANGE_SLACK = 1e-4


class DatasetError(ValueError):
    """Data cannot be used or had; the text is for the person who asked for them."""


def check_shown(image_shape: tuple[int, int, int]) -> None:
    """Raise DatasetError where images (C, H, W) have channels that no picture has."""
    channels, _, width = image_shape
    if channels in SHOWN_CHANNELS:
        return
    shown = "1 (grey) or 3 (RGB) can be shown"
    if channels == RGBA_CHANNELS:
        shown += ", and images[:, :3] of RGBA leaves its transparency out"
    elif width == RGBA_CHANNELS:
        raise DatasetError(
            f"images must be [N, C, H, W], and [N, {', '.join(map(str, image_shape))}] looks like "
            f"[N, H, W, C] with 4 channels (RGBA); {shown}, and "
            "images[..., :3].transpose(0, 3, 1, 2) leaves the transparency out and puts the "
            "channels first"
        )
    raise DatasetError(f"images have {channels} channels; {shown}")


def checked_images(images: ArrayLike) -> Tensor:
    """Return `images` as float32 [N, C, H, W] in [0, 1].

    Raises:
        DatasetError: they are not images, or fewer than two.
    """
    tensor = _as_tensor(images, "images")
    if tensor.dim() == 3:
        tensor = tensor.unsqueeze(1)
    if tensor.dim() != 4:
        raise DatasetError(f"images must be [N, C, H, W] or [N, H, W], not {list(tensor.shape)}")
    if tensor.shape[1] not in SHOWN_CHANNELS and tensor.shape[3] in SHOWN_CHANNELS:
        raise DatasetError(
            f"images must be [N, C, H, W], and {list(tensor.shape)} looks like [N, H, W, C]; "
            "images.transpose(0, 3, 1, 2) puts the channels first"
        )
    if len(tensor) < 2 or tensor.numel() == 0:
        raise DatasetError(
            f"a data set needs at least 2 images with pixels, one of them to hold out; "
            f"these are {list(tensor.shape)}"
        )
    if tensor.dtype == torch.uint8:
        return (tensor.to(torch.float32) / 255).contiguous()
    if not tensor.is_floating_point() and tensor.dtype != torch.bool:
        raise DatasetError(f"images must be uint8 or floats in [0, 1], not {_name(tensor.dtype)}")
    tensor = tensor.to(torch.float32).contiguous()
    low, high = (value.item() for value in torch.aminmax(tensor))
    if math.isnan(low) or math.isnan(high):
        raise DatasetError("images must not hold NaN")
    if low < -_RANGE_SLACK or high > 1 + _RANGE_SLACK:
        raise DatasetError(
            f"float images must lie in [0, 1], and these reach from {low:g} to {high:g}; "
            "scale them, or give uint8 from 0 to 255"
        )
    return tensor.clamp(0, 1) if low < 0 or high > 1 else tensor


def checked_targets(
    targets: ArrayLike | None,
    *,
    size: int,
    target_type: TargetType | None,
    num_classes: int | None,
) -> tuple[Tensor | None, TargetType | None, int | None]:
    """Return the targets as a data set holds them, what they are, and how many classes there are.

    Raises:
        DatasetError: the targets do not fit the images, or not what they are said to be.
    """
    if target_type not in (None, "classes", "float"):
        raise DatasetError(f'target_type must be "classes" or "float", not {target_type!r}')
    if targets is None:
        if target_type is not None or num_classes is not None:
            raise DatasetError("target_type and num_classes need targets, and there are none")
        return None, None, None
    tensor = _as_tensor(targets, "targets")
    if tensor.dim() == 0 or len(tensor) != size:
        count = len(tensor) if tensor.dim() else 1
        raise DatasetError(f"there are {size} images but {count} targets; each image needs one")
    if target_type is None:
        target_type = "float" if tensor.is_floating_point() else "classes"
    if target_type == "classes":
        labels, class_count = _checked_labels(tensor, num_classes)
        return labels, "classes", class_count
    if num_classes is not None:
        raise DatasetError("num_classes is for class labels, and these targets are floats")
    return _checked_values(tensor), "float", None


def checked_eval_indices(eval_indices: ArrayLike, *, size: int) -> Tensor:
    """Return `eval_indices` as int64 [E].

    Raises:
        DatasetError: they are no list of different images, or leave nothing to train on.
    """
    tensor = _as_tensor(eval_indices, "eval_indices")
    if tensor.dim() != 1 or tensor.is_floating_point() or tensor.dtype == torch.bool:
        raise DatasetError("eval_indices must be a list of whole numbers")
    tensor = tensor.to(torch.int64)
    if not 1 <= len(tensor) < size:
        raise DatasetError(f"eval_indices must name 1 to {size - 1} of {size} images")
    if tensor.min() < 0 or tensor.max() >= size or tensor.bincount().max() > 1:
        raise DatasetError(f"eval_indices must be different numbers from 0 to {size - 1}")
    return tensor


def _as_tensor(values: ArrayLike, what: str) -> Tensor:
    if isinstance(values, Tensor) and not values.is_complex():
        return values.detach()
    if not isinstance(values, np.ndarray) or values.dtype.kind not in "biuf":
        kind = values.dtype if isinstance(values, np.ndarray) else type(values).__name__
        raise DatasetError(f"{what} must be a numpy array or a tensor of real numbers, not {kind}")
    # A copy of its own, in this machine's byte order: arrays may be read-only views of a file.
    own = values.astype(values.dtype.newbyteorder("="), order="C")
    return torch.from_numpy(own.astype(np.float64) if own.dtype == np.longdouble else own)


def _checked_labels(labels: Tensor, num_classes: int | None) -> tuple[Tensor, int]:
    if labels.is_floating_point():
        raise DatasetError("class labels must be whole numbers, and these are floats")
    if labels.dim() == 2 and labels.shape[1] == 1:
        labels = labels.squeeze(1)
    if labels.dim() != 1:
        hint = "; these look one-hot: targets.argmax(1) is [N]" if _is_one_hot(labels) else ""
        raise DatasetError(f"class labels must be [N], not {list(labels.shape)}{hint}")
    labels = labels.to(torch.int64).contiguous()
    lowest, highest = (int(value) for value in torch.aminmax(labels))
    if lowest < 0 or highest >= MAX_CLASS_COUNT:
        raise DatasetError(
            f"class labels must count from 0, below {MAX_CLASS_COUNT}; "
            f"these reach from {lowest} to {highest}"
        )
    if num_classes is None:
        return labels, highest + 1
    if not highest < num_classes <= MAX_CLASS_COUNT:
        raise DatasetError(f"num_classes is {num_classes}, but there is a label {highest}")
    return labels, int(num_classes)


def _is_one_hot(labels: Tensor) -> bool:
    """Return whether each row [K] of whole numbers is one 1 among zeros."""
    if labels.dim() != 2:
        return False
    rows_NK = labels.to(torch.int64)
    of_bits = (rows_NK == 0) | (rows_NK == 1)
    return bool(of_bits.all()) and bool((rows_NK.sum(1) == 1).all())


def _checked_values(values: Tensor) -> Tensor:
    values = values.to(torch.float32)
    if values.dim() == 1:
        values = values.unsqueeze(1)
    if values.dim() != 2 or values.shape[1] == 0:
        raise DatasetError(f"float targets must be [N] or [N, K], not {list(values.shape)}")
    if not bool(torch.isfinite(values).all()):
        raise DatasetError("targets must not hold NaN or infinity")
    return values.contiguous()


def _name(dtype: torch.dtype) -> str:
    return str(dtype).removeprefix("torch.")
