"""Generators: the same numbers give the same images, and the targets are what is drawn."""

import math

import pytest
import torch

from acc.generators.base import Generator
from acc.generators.shapes import SHAPE_NAMES, ShapesGenerator
from acc.generators.slant import SlantGenerator
from acc.generators.thickness import ThicknessGenerator
from acc.raster import coverage, pixel_grid, stroke_distance

GENERATORS: list[type[Generator]] = [ShapesGenerator, ThicknessGenerator, SlantGenerator]
every_generator = pytest.mark.parametrize("generator_class", GENERATORS)


@every_generator
def test_the_seed_decides_everything_and_nothing_else_does(generator_class):
    first = generator_class(count=50).generate()
    torch.rand(7)
    assert generator_class(count=50).generate().content_hash() == first.content_hash()
    assert generator_class(count=50, seed=1).generate().content_hash() != first.content_hash()


@every_generator
def test_the_global_random_numbers_are_left_alone(generator_class):
    before = torch.get_rng_state()
    generator_class(count=10).generate()
    assert torch.equal(torch.get_rng_state(), before)


@every_generator
def test_images_have_the_asked_count_and_size_and_each_shows_something(generator_class):
    data = generator_class(count=700, image_size=24, name="mine").generate()
    assert data.images.shape == (700, 1, 24, 24)
    assert data.name == "mine"
    assert (data.images.amax(dim=(1, 2, 3)) > 0.4).all()
    levels = data.images.unique()
    assert ((levels > 0) & (levels < 1)).sum() > 20, "edges are not smooth"


@every_generator
@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"count": 0}, "count must be a whole number from 2 to 200,000"),
        ({"count": 200_001}, "count"),
        ({"count": "10"}, "count"),
        ({"image_size": 4}, "image_size must be a whole number from 8 to 256"),
        ({"seed": -1}, "seed"),
        ({"name": ""}, "name"),
        ({"count": 200_000, "image_size": 256}, "GiB of memory"),
    ],
)
def test_numbers_out_of_range_are_refused_in_a_sentence(generator_class, options, sentence):
    with pytest.raises(ValueError, match=sentence):
        generator_class(**options)


@pytest.mark.parametrize(
    ("generator_class", "options", "sentence"),
    [
        (ShapesGenerator, {"min_size": 0.9, "max_size": 0.5}, "min_size .* above max_size"),
        (ShapesGenerator, {"max_size": 1.2}, "max_size must be a number from 0.1 to 1"),
        (ShapesGenerator, {"max_rotation": math.nan}, "max_rotation"),
        (ThicknessGenerator, {"max_thickness": 9}, "from 0.5 to 8"),
        (ThicknessGenerator, {"min_thickness": 4, "max_thickness": 2}, "above max_thickness"),
        (SlantGenerator, {"max_slant": 2}, "max_slant"),
        (SlantGenerator, {"thickness": "thin"}, "thickness"),
    ],
)
def test_each_generators_own_numbers_are_checked_too(generator_class, options, sentence):
    with pytest.raises(ValueError, match=sentence):
        generator_class(**options)


def test_shapes_are_as_many_of_each_class():
    data = ShapesGenerator(count=500).generate()
    assert data.target_type == "classes"
    assert data.num_classes == len(SHAPE_NAMES)
    assert data.targets is not None
    assert data.targets.bincount().tolist() == [100] * 5


def test_shapes_cover_the_areas_that_geometry_says():
    radius = 0.75
    data = ShapesGenerator(
        count=10, image_size=128, min_size=radius, max_size=radius, max_rotation=180
    ).generate()
    arm, reach = 0.25, math.sqrt(1 - 0.25**2)
    areas = {
        "circle": math.pi,
        "square": 2.0,
        "triangle": 3 * math.sqrt(3) / 4,
        "cross": 2 * (4 * arm * reach) - 4 * arm**2,
        "ring": math.pi * (1 - 0.6**2),
    }
    assert data.targets is not None
    for image, label in zip(data.images, data.targets.tolist(), strict=True):
        area = image.mean().item() * 4 / radius**2
        assert area == pytest.approx(areas[SHAPE_NAMES[label]], rel=0.02), SHAPE_NAMES[label]


def test_shapes_stay_inside_the_image():
    images = ShapesGenerator(count=300, min_size=0.9, max_size=0.95).generate().images
    border = torch.cat([images[..., 0, :], images[..., -1, :], images[..., 0], images[..., -1]], -1)
    assert border.mean() < 0.1


def test_a_thickness_is_the_strokes_width_in_pixels():
    """Measured as a stroke's area over half its outline, from which its ends add a little."""
    data = ThicknessGenerator(count=400, image_size=64, max_thickness=8).generate()
    assert data.targets is not None
    assert data.target_type == "float"
    assert 1 <= data.targets.min() <= data.targets.max() <= 8
    pixels = data.images[:, 0]
    slope_y, slope_x = pixels.diff(dim=1)[:, :, 1:], pixels.diff(dim=2)[:, 1:]
    outline = (slope_x.square() + slope_y.square()).sqrt().sum(dim=(1, 2))
    width = 2 * pixels.sum(dim=(1, 2)) / outline
    correlation = torch.corrcoef(torch.stack([width, data.targets[:, 0]]))[0, 1]
    assert correlation > 0.95


def test_a_straight_stroke_is_as_wide_as_it_should_be():
    ends = torch.tensor([[[-2.0, 0.0], [2.0, 0.0]]])
    for pixels in (1.0, 2.5, 4.0):
        image = coverage(stroke_distance(ends, 32) - pixels / 32)
        column = image[0, :, 16]
        assert column.sum().item() == pytest.approx(pixels, abs=1e-5)


def test_distances_to_a_line_of_points_are_those_of_brute_force():
    points = torch.tensor([[[-0.5, -0.5], [0.5, -0.2], [0.1, 0.7], [0.1, 0.7]]])
    x, y = pixel_grid(16)
    pixels = torch.stack(torch.broadcast_tensors(x, y), dim=-1).reshape(-1, 2)
    share = torch.linspace(0, 1, 2001)[:, None]
    line = torch.cat([a + share * (b - a) for a, b in zip(points[0], points[0, 1:], strict=False)])
    expected = torch.cdist(pixels, line).amin(dim=1).reshape(1, 16, 16)
    torch.testing.assert_close(stroke_distance(points, 16), expected, atol=1e-3, rtol=0)


def test_a_slant_is_the_angle_that_the_image_leans():
    """Measured from the picture's moments, as handwriting is straightened: cov(x, y) / var(y)."""
    data = SlantGenerator(count=600, image_size=48).generate()
    assert data.targets is not None
    assert data.targets.abs().max() <= 0.7
    assert data.targets.std() > 0.3
    x, y = pixel_grid(48)
    weight = data.images[:, 0] / data.images.sum(dim=(2, 3))[:, 0, None, None]
    x_centred = x - (weight * x).sum(dim=(1, 2))[:, None, None]
    y_centred = y - (weight * y).sum(dim=(1, 2))[:, None, None]
    shear = -(weight * x_centred * y_centred).sum(dim=(1, 2))
    shear = shear / (weight * y_centred.square()).sum(dim=(1, 2))
    correlation = torch.corrcoef(torch.stack([shear.atan(), data.targets[:, 0]]))[0, 1]
    assert correlation > 0.75
