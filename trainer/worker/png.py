"""Images as PNG."""

import base64
import io

import torch
from PIL import Image
from torch import Tensor


def png_bytes(image_CHW: Tensor) -> bytes:
    """Return an image, uint8 or floats in [0, 1], as a PNG; a NaN is black."""
    if image_CHW.dtype != torch.uint8:
        image_CHW = (image_CHW.nan_to_num().clamp(0, 1) * 255).round().to(torch.uint8)
    pixels_HWC = image_CHW.permute(1, 2, 0).numpy()
    if pixels_HWC.shape[2] == 1:
        pixels_HWC = pixels_HWC[:, :, 0]
    buffer = io.BytesIO()
    Image.fromarray(pixels_HWC).save(buffer, format="PNG")
    return buffer.getvalue()


def png_base64(image_CHW: Tensor) -> str:
    """Return the same in base64, as JSON carries it."""
    return base64.b64encode(png_bytes(image_CHW)).decode()
