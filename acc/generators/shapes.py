"""Circles, squares, triangles, crosses and rings, to be told apart."""

import math
from typing import NamedTuple

import torch
from torch import Tensor

from acc.checks import require_real
from acc.dataset import AccDataset
from acc.generators.base import Generator, require_ordered
from acc.raster import coverage, in_chunks, pixel_grid, uniform

SHAPE_NAMES = ("circle", "square", "triangle", "cross", "ring")


class ShapesGenerator(Generator):
    """White shapes on black, of any place, size and rotation; the target is the shape's class.

    Classes, in order: circle, square, triangle, cross, ring; as many of one as of another, to
    within one. No shape leaves the image.

    Args:
        count: How many images, 2 to 200000.
        image_size: Height and width in pixels, 8 to 256.
        seed: Decides everything random; the same seed, the same images.
        min_size: Smallest shape, as a share of the image's side, 0.1 to 1.
        max_size: Largest shape, as a share of the image's side, 0.1 to 1.
        max_rotation: Largest rotation to either side, in degrees, 0 to 180.
        name: What the data set is called.
    """

    def __init__(
        self,
        *,
        count: int = 2000,
        image_size: int = 32,
        seed: int = 0,
        min_size: float = 0.35,
        max_size: float = 0.75,
        max_rotation: float = 30.0,
        name: str = "shapes",
    ) -> None:
        """Check the parameters.

        Raises:
            ValueError: a parameter is out of its range, in one sentence.
        """
        super().__init__(count=count, image_size=image_size, seed=seed, name=name)
        self.min_size = require_real("min_size", min_size, low=0.1, high=1)
        self.max_size = require_real("max_size", max_size, low=0.1, high=1)
        require_ordered("min_size", self.min_size, "max_size", self.max_size)
        self.max_rotation = require_real("max_rotation", max_rotation, low=0, high=180)

    def generate(self) -> AccDataset:
        """Return images [N, 1, H, W] with the shapes' classes, int64 [N]."""
        generator = self._random()
        labels = torch.arange(self.count) % len(SHAPE_NAMES)
        labels = labels[torch.randperm(self.count, generator=generator)]
        radius = uniform(generator, self.count, self.min_size, self.max_size)
        turn = math.radians(self.max_rotation)
        poses = _Poses(
            x=uniform(generator, self.count, -1, 1) * (1 - radius),
            y=uniform(generator, self.count, -1, 1) * (1 - radius),
            radius=radius,
            angle=uniform(generator, self.count, -turn, turn),
        )
        images = in_chunks(self.count, lambda part: self._draw(labels[part], poses.part(part)))
        return AccDataset(
            images, labels, name=self.name, num_classes=len(SHAPE_NAMES), seed=self.seed
        )

    def _draw(self, labels: Tensor, poses: "_Poses") -> Tensor:
        x, y = pixel_grid(self.image_size)
        x_NHW, y_NHW = x - poses.x[:, None, None], y - poses.y[:, None, None]
        cos, sin = poses.angle.cos()[:, None, None], poses.angle.sin()[:, None, None]
        u_NHW, v_NHW = cos * x_NHW + sin * y_NHW, cos * y_NHW - sin * x_NHW
        radius = poses.radius[:, None, None]
        # Every shape everywhere, then the asked one: five cheap drawings beat a loop over images.
        distances = torch.stack(_distances(u_NHW, v_NHW, radius))
        return coverage(distances[labels, torch.arange(len(labels))])


class _Poses(NamedTuple):
    """Where shapes are, how large (half their extent), and how far they are turned; each [N]."""

    x: Tensor
    y: Tensor
    radius: Tensor
    angle: Tensor

    def part(self, chosen: slice) -> "_Poses":
        return _Poses(*(values[chosen] for values in self))


def _distances(u: Tensor, v: Tensor, radius: Tensor) -> list[Tensor]:
    """Return the distance to each of SHAPE_NAMES, all within `radius` of the centre."""
    from_centre = (u.square() + v.square()).sqrt()
    across, down = u.abs(), v.abs()
    side = radius / math.sqrt(2)
    square = torch.maximum(across, down) - side
    # An equilateral triangle, point up: the farthest of its three edges, half a radius away.
    triangle = torch.maximum(v, across * (math.sqrt(3) / 2) - v / 2) - radius / 2
    arm = radius * 0.25
    # The arms' ends reach the circle of the radius at their corners.
    reach = radius * math.sqrt(1 - 0.25**2)
    upright = torch.maximum(across - arm, down - reach)
    lying = torch.maximum(across - reach, down - arm)
    ring = (from_centre - radius * 0.8).abs() - radius * 0.2
    return [from_centre - radius, square, triangle, torch.minimum(upright, lying), ring]
