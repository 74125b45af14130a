"""Many small images as one picture, in rows and columns."""

import torch
from torch import Tensor

# Transparent pixels between two images.
GAP = 2


def picture_sheet(rows: list[Tensor]) -> Tensor:
    """Return images side by side, [4, H', W'] uint8: red, green, blue and opacity.

    Args:
        rows: of each row its images, [N, C, H, W] with C 1 or 3; floats in [0, 1] or uint8, of
            one height and width. A row may have fewer images than another.

    Raises:
        ValueError: there is no image.
    """
    if not any(len(row) for row in rows):
        raise ValueError("a sheet needs an image")
    height, width = rows[0].shape[-2:]
    columns = max(len(row) for row in rows)
    sheet = torch.zeros(
        4,
        len(rows) * (height + GAP) - GAP,
        columns * (width + GAP) - GAP,
        dtype=torch.uint8,
    )
    for down, row in enumerate(rows):
        top = down * (height + GAP)
        for across, image_CHW in enumerate(_as_bytes(row)):
            left = across * (width + GAP)
            place = sheet[:, top : top + height, left : left + width]
            place[:3] = image_CHW  # one channel is grey: the same in all three
            place[3] = 255
    return sheet


def _as_bytes(images_NCHW: Tensor) -> Tensor:
    if images_NCHW.dtype == torch.uint8:
        return images_NCHW.cpu()
    return (images_NCHW.float().cpu().nan_to_num().clamp(0, 1) * 255).round().to(torch.uint8)
