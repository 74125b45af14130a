"""The difference of two images as colours whose steps look as large as they are."""

from __future__ import annotations

import math
from functools import cache

import torch
from torch import Tensor

# Differences beyond this, of values in [0, 1], have the last colour.
RANGE = 0.5
# Blue for too dark, orange for too bright: apart in every kind of colour vision.
HUE_BELOW, HUE_ABOVE = math.radians(255), math.radians(45)
LIGHTNESS_ZERO, LIGHTNESS_END, CHROMA_END = 0.97, 0.5, 0.125
STEPS = 255

# From Oklab to linear sRGB: Ottosson, "A perceptual color space for image processing", 2020.
_TO_CONES = torch.tensor(
    [
        [1.0, 0.3963377774, 0.2158037573],
        [1.0, -0.1055613458, -0.0638541728],
        [1.0, -0.0894841775, -1.2914855480],
    ],
    dtype=torch.float64,
)
_TO_SRGB = torch.tensor(
    [
        [4.0767416621, -3.3077115913, 0.2309699292],
        [-1.2684380046, 2.6097574011, -0.3413193965],
        [-0.0041960863, -0.7034186147, 1.7076147010],
    ],
    dtype=torch.float64,
)


def difference_colours(images_BCHW: Tensor, originals_BCHW: Tensor) -> Tensor:
    """Return what images have more or less than their originals as colours, [B, 3, H, W] uint8.

    White is no difference, blue less, orange more; channels are averaged. Lightness and chroma
    change evenly in Oklab, so that equal differences look equal, and both directions alike.
    """
    difference_BHW = (images_BCHW - originals_BCHW).mean(dim=1) / RANGE
    places_BHW = (difference_BHW.nan_to_num().clamp(-1, 1) * STEPS).round().long() + STEPS
    return colour_table()[places_BHW.cpu()].permute(0, 3, 1, 2)


@cache
def colour_table() -> Tensor:
    """Return the colours from -RANGE to +RANGE, [2 * STEPS + 1, 3] uint8; zero in the middle."""
    share_N = torch.arange(-STEPS, STEPS + 1, dtype=torch.float64) / STEPS
    hue_N = torch.where(share_N < 0, HUE_BELOW, HUE_ABOVE)
    size_N = share_N.abs()
    chroma_N = size_N * CHROMA_END
    lightness_N = LIGHTNESS_ZERO + size_N * (LIGHTNESS_END - LIGHTNESS_ZERO)
    oklab_N3 = torch.stack([lightness_N, chroma_N * hue_N.cos(), chroma_N * hue_N.sin()], dim=1)
    linear_N3 = ((oklab_N3 @ _TO_CONES.T) ** 3 @ _TO_SRGB.T).clamp(0, 1)
    gamma_N3 = 1.055 * linear_N3 ** (1 / 2.4) - 0.055
    srgb_N3 = torch.where(linear_N3 <= 0.0031308, 12.92 * linear_N3, gamma_N3)
    return (srgb_N3 * 255).round().to(torch.uint8)
