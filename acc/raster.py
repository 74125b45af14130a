"""Antialiased drawing: from signed distances to pixels, many images at once.

Coordinates run from -1 to 1 over the image, x to the right and y downwards. A distance is negative
inside a figure; the method is Inigo Quilez's, "2D distance functions",
https://iquilezles.org/articles/distfunctions2d/.
"""

import math
from collections.abc import Callable

import torch
from torch import Tensor

# Images drawn at once; bounds the memory that a drawing takes besides its result.
_CHUNK = 512


def pixel_grid(image_size: int) -> tuple[Tensor, Tensor]:
    """Return x [1, W] and y [H, 1] of the pixels' centres."""
    centres = (torch.arange(image_size, dtype=torch.float32) + 0.5) * (2 / image_size) - 1
    return centres[None, :], centres[:, None]


def coverage(distance_NHW: Tensor) -> Tensor:
    """Return how much of each pixel the figure covers, in [0, 1], [N, H, W].

    Goes from 1 to 0 within one pixel's width around distance 0.
    """
    image_size = distance_NHW.shape[-1]
    return (0.5 - distance_NHW * (image_size / 2)).clamp(0, 1)


def stroke_distance(points_NK2: Tensor, image_size: int) -> Tensor:
    """Return each pixel's distance to the line through K points, [N, H, W].

    A point that comes twice in a row makes no mark of its own, so that lines of fewer points
    may be padded.

    Args:
        points_NK2: x and y of the points, K at least 2.
        image_size: height and width in pixels.
    """
    x, y = pixel_grid(image_size)
    nearest = torch.full((len(points_NK2), image_size, image_size), math.inf)
    # Segment by segment: all at once would need K - 1 times the memory.
    for start, end in zip(points_NK2.unbind(1), points_NK2[:, 1:].unbind(1), strict=False):
        nearest = torch.minimum(nearest, _squared_segment_distance(x, y, start, end))
    return nearest.sqrt()


def in_chunks(count: int, draw: Callable[[slice], Tensor]) -> Tensor:
    """Return `draw` of all `count` images, asked for a few hundred at a time."""
    parts = [draw(slice(start, min(start + _CHUNK, count))) for start in range(0, count, _CHUNK)]
    return torch.cat(parts)


def uniform(generator: torch.Generator, count: int, low: float, high: float) -> Tensor:
    """Return `count` numbers drawn evenly from [low, high), [N]."""
    return low + (high - low) * torch.rand(count, generator=generator)


def _squared_segment_distance(x: Tensor, y: Tensor, start_N2: Tensor, end_N2: Tensor) -> Tensor:
    along = end_N2 - start_N2
    along_x, along_y = along[:, 0, None, None], along[:, 1, None, None]
    from_x, from_y = x - start_N2[:, 0, None, None], y - start_N2[:, 1, None, None]
    # The bound keeps a segment of no length from dividing by zero.
    length = (along_x.square() + along_y.square()).clamp(min=1e-12)
    share = ((from_x * along_x + from_y * along_y) / length).clamp(0, 1)
    return (from_x - share * along_x).square() + (from_y - share * along_y).square()
