"""Curved strokes of varied thickness, to be measured."""

import torch

from acc.checks import require_real
from acc.dataset import AccDataset
from acc.generators.base import Generator, require_ordered
from acc.raster import coverage, in_chunks, stroke_distance, uniform

_CURVE_POINTS = 9


class ThicknessGenerator(Generator):
    """One curved white stroke on black; the target is its thickness in pixels.

    The stroke is a quadratic Bezier curve through the image; length, bend and direction vary and
    are not told.

    Args:
        count: How many images, 2 to 200000.
        image_size: Height and width in pixels, 8 to 256.
        seed: Decides everything random; the same seed, the same images.
        min_thickness: Thinnest stroke in pixels, from 0.5 to a quarter of image_size.
        max_thickness: Thickest stroke in pixels, from 0.5 to a quarter of image_size.
        name: What the data set is called.
    """

    def __init__(
        self,
        *,
        count: int = 2000,
        image_size: int = 32,
        seed: int = 0,
        min_thickness: float = 1.0,
        max_thickness: float = 5.0,
        name: str = "thickness",
    ) -> None:
        """Check the parameters.

        Raises:
            ValueError: a parameter is out of its range, in one sentence.
        """
        super().__init__(count=count, image_size=image_size, seed=seed, name=name)
        thickest = self.image_size / 4
        self.min_thickness = require_real("min_thickness", min_thickness, low=0.5, high=thickest)
        self.max_thickness = require_real("max_thickness", max_thickness, low=0.5, high=thickest)
        require_ordered("min_thickness", self.min_thickness, "max_thickness", self.max_thickness)

    def generate(self) -> AccDataset:
        """Return images [N, 1, H, W] with thicknesses in pixels, float32 [N, 1]."""
        generator = self._random()
        thickness = uniform(generator, self.count, self.min_thickness, self.max_thickness)
        # Half a stroke's width stays free, so that no part of it falls off the edge.
        reach = 1 - self.max_thickness / self.image_size
        corners_N32 = (torch.rand(self.count, 3, 2, generator=generator) * 2 - 1) * reach
        # The ends in different halves: else some strokes would be dots, as thick as they are long.
        corners_N32[:, 0, 0] = -corners_N32[:, 0, 0].abs().clamp(min=0.3 * reach)
        corners_N32[:, 2, 0] = corners_N32[:, 2, 0].abs().clamp(min=0.3 * reach)
        share = torch.linspace(0, 1, _CURVE_POINTS)
        bernstein_K3 = torch.stack([(1 - share) ** 2, 2 * share * (1 - share), share**2], dim=1)
        points_NK2 = torch.einsum("kc,ncx->nkx", bernstein_K3, corners_N32)
        radius = thickness / self.image_size

        def draw(part: slice) -> torch.Tensor:
            distance = stroke_distance(points_NK2[part], self.image_size)
            return coverage(distance - radius[part, None, None])

        images = in_chunks(self.count, draw)
        return AccDataset(images, thickness, name=self.name, seed=self.seed)
