"""The tasks' colours stay apart for people who see colours in another way.

How they see is simulated as Machado, Oliveira and Fernandes do, "A Physiologically-based Model for
Simulation of Color Vision Deficiency", IEEE Transactions on Visualization and Computer Graphics
15(6), 2009, with their matrices for the full deficiency, applied to linear RGB. Distances are those
of Oklab: Ottosson, "A perceptual color space for image processing", 2020.
"""

import itertools
import re

import numpy as np
import pytest
from django.conf import settings

STATIC = settings.BASE_DIR / "dashboard" / "static" / "dashboard"
SIGHTS = {
    "normal": np.eye(3),
    "protanopia": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "deuteranopia": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "tritanopia": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
}
# About five times what is just noticed side by side.
LEAST_DISTANCE = 0.1
LEAST_CONTRAST = 3.0


def tokens(theme):
    """Return a theme's colours by name."""
    text = (STATIC / "css" / "tokens.css").read_text()
    light, dark = text.split(':root[data-theme="dark"]')
    found = re.findall(r"--([\w-]+): (#[0-9a-f]{6});", light if theme == "light" else dark)
    return dict(found)


def palette(theme):
    colours = tokens(theme)
    return [colours[f"task-{place}"] for place in range(8)]


def linear(colour):
    rgb = np.array([int(colour[at : at + 2], 16) for at in (1, 3, 5)]) / 255
    return np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)


def oklab(rgb):
    lms = np.cbrt(
        np.array(
            [
                [0.4122214708, 0.5363325363, 0.0514459929],
                [0.2119034982, 0.6806995451, 0.1073969566],
                [0.0883024619, 0.2817188376, 0.6299787005],
            ]
        )
        @ rgb
    )
    return (
        np.array(
            [
                [0.2104542553, 0.7936177850, -0.0040720468],
                [1.9779984951, -2.4285922050, 0.4505937099],
                [0.0259040371, 0.7827717662, -0.8086757660],
            ]
        )
        @ lms
    )


def seen(colour, sight):
    return oklab(np.clip(np.array(SIGHTS[sight]) @ linear(colour), 0, 1))


def luminance(colour):
    return float(linear(colour) @ [0.2126, 0.7152, 0.0722])


def distances(theme, sight):
    pairs = itertools.combinations(palette(theme), 2)
    return {
        pair: float(np.linalg.norm(seen(pair[0], sight) - seen(pair[1], sight))) for pair in pairs
    }


def test_the_simulation_takes_red_and_green_for_each_other_but_not_blue():
    red, green, blue = "#c03030", "#707000", "#2040c0"
    for sight in ("protanopia", "deuteranopia"):
        apart = np.linalg.norm(seen(red, sight) - seen(green, sight))
        assert apart < 0.5 * np.linalg.norm(seen(red, "normal") - seen(green, "normal"))
        assert np.linalg.norm(seen(red, sight) - seen(blue, sight)) > 0.2


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("sight", SIGHTS)
def test_the_tasks_colours_are_apart_in_every_sight(theme, sight):
    close = {pair: far for pair, far in distances(theme, sight).items() if far < LEAST_DISTANCE}
    assert close == {}


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_line_stands_out_from_the_ground(theme):
    ground = luminance(tokens(theme)["surface"])
    for colour in [*palette(theme), tokens(theme)["total"]]:
        one, other = sorted((luminance(colour), ground))
        assert (other + 0.05) / (one + 0.05) >= LEAST_CONTRAST, colour
