"""Figures like digits that lean to one side, to be measured."""

import torch
from torch import Tensor

from acc.checks import require_real
from acc.dataset import AccDataset
from acc.generators.base import Generator
from acc.raster import coverage, in_chunks, stroke_distance, uniform

_LARGEST_SLANT = 1.0
# The skeletons of figures, drawn without lifting the pen, in a box from -1 to 1 (y downwards);
# upright parts in each, so that the slant can be seen.
_FIGURES = (
    ((0.0, -1.0), (0.0, 1.0)),
    ((-0.5, -1.0), (0.0, -1.0), (0.0, 1.0)),
    ((-0.5, -1.0), (-0.5, 1.0), (0.5, 1.0)),
    ((0.4, 1.0), (0.4, -1.0), (-0.6, 0.3), (0.7, 0.3)),
    ((-0.5, -1.0), (0.5, -1.0), (0.5, 1.0), (-0.5, 1.0), (-0.5, -1.0)),
    ((-0.5, 1.0), (-0.5, -1.0), (-0.5, 0.0), (0.5, 0.0), (0.5, -1.0), (0.5, 1.0)),
)


class SlantGenerator(Generator):
    """Bars and figures like digits, sheared; the target is the slant angle in radians.

    Zero is upright, positive leans to the right. The figure, its size, place and thickness vary
    and are not told.

    Args:
        count: How many images, 2 to 200000.
        image_size: Height and width in pixels, 8 to 256.
        seed: Decides everything random; the same seed, the same images.
        max_slant: Largest slant to either side, in radians, 0.01 to 1 (57 degrees).
        thickness: Thickness of the strokes as a share of the image's side, 0.03 to 0.2.
        name: What the data set is called.
    """

    def __init__(
        self,
        *,
        count: int = 2000,
        image_size: int = 32,
        seed: int = 0,
        max_slant: float = 0.7,
        thickness: float = 0.08,
        name: str = "slant",
    ) -> None:
        """Check the parameters.

        Raises:
            ValueError: a parameter is out of its range, in one sentence.
        """
        super().__init__(count=count, image_size=image_size, seed=seed, name=name)
        self.max_slant = require_real("max_slant", max_slant, low=0.01, high=_LARGEST_SLANT)
        self.thickness = require_real("thickness", thickness, low=0.03, high=0.2)

    def generate(self) -> AccDataset:
        """Return images [N, 1, H, W] with slants in radians, float32 [N, 1]."""
        generator = self._random()
        slant = uniform(generator, self.count, -self.max_slant, self.max_slant)
        radius = self.thickness * uniform(generator, self.count, 0.8, 1.2)
        figure = torch.randint(len(_FIGURES), (self.count,), generator=generator)
        points_NK2 = self._place(_figure_points()[figure], slant, generator)

        def draw(part: slice) -> Tensor:
            distance = stroke_distance(points_NK2[part], self.image_size)
            return coverage(distance - radius[part, None, None])

        images = in_chunks(self.count, draw)
        return AccDataset(images, slant, name=self.name, seed=self.seed)

    def _place(self, points_NK2: Tensor, slant: Tensor, generator: torch.Generator) -> Tensor:
        """Return the points sheared by `slant` [N], sized and moved so that they stay inside."""
        x, y = points_NK2.unbind(-1)
        # y runs downwards: what is higher up moves to the right.
        x = x * 0.8 - y * slant.tan()[:, None]
        room = 1 - 1.2 * self.thickness
        extent = x.abs().amax(dim=1).clamp(min=1)
        size = room * uniform(generator, self.count, 0.55, 0.85) / extent
        move_x = uniform(generator, self.count, -1, 1) * (room - size * x.abs().amax(dim=1))
        move_y = uniform(generator, self.count, -1, 1) * (room - size)
        return torch.stack(
            [x * size[:, None] + move_x[:, None], y * size[:, None] + move_y[:, None]], dim=-1
        )


def _figure_points() -> Tensor:
    """Return the figures' points, [F, K, 2], each padded by its last point."""
    longest = max(map(len, _FIGURES))
    return torch.tensor([[*f, *[f[-1]] * (longest - len(f))] for f in _FIGURES])
