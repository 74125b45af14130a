"""Reconstructions: which images, how like they are, and differences that look as large."""

import math

import numpy as np
import pytest
import torch

from acc.evaluation.difference import RANGE, STEPS, colour_table, difference_colours
from acc.evaluation.reconstructions import choose_images, reconstruct
from acc.model_output import ModelOutput
from acc.tasks.errors import TaskError
from tests.acc.small_models import EncoderOnly, SmallModel, SmallVAE, dataset


@pytest.fixture(autouse=True)
def _seeded():
    torch.manual_seed(3)


def test_held_out_images_are_chosen_each_once():
    data = dataset(count=200)
    chosen = choose_images(data, 12, fixed=False)
    assert len(set(chosen.tolist())) == 12
    assert set(chosen.tolist()) <= set(data.eval_indices.tolist())


def test_others_each_time_or_the_same_ones_to_follow():
    data = dataset(count=700)
    draws = {tuple(choose_images(data, 8, fixed=False).tolist()) for _ in range(5)}
    assert len(draws) == 5
    fixed = {tuple(choose_images(data, 8, fixed=True).tolist()) for _ in range(5)}
    assert len(fixed) == 1


def test_choosing_leaves_the_global_random_numbers_alone():
    before = torch.get_rng_state()
    choose_images(dataset(), 8, fixed=False)
    assert torch.equal(torch.get_rng_state(), before)


def test_a_small_data_set_gives_all_that_it_holds_out():
    data = dataset(count=20)
    assert set(choose_images(data, 64, fixed=False).tolist()) == set(data.eval_indices.tolist())


def test_images_come_back_as_the_model_gives_them_with_their_psnr():
    data, model = dataset(), SmallVAE().train()
    made = reconstruct(model, data, torch.tensor([3, 1, 4]), "cpu")
    assert model.training
    expected = model.eval()(data.images[[3, 1, 4]])[ModelOutput.RECONSTRUCTION]
    torch.testing.assert_close(made.images_BCHW, expected)
    assert torch.equal(made.originals_BCHW, data.images[[3, 1, 4]])
    for image, original, shown in zip(
        expected.detach().numpy(), data.images[[3, 1, 4]].numpy(), made.psnr_B, strict=True
    ):
        error = float(np.square(image.astype(np.float64) - original).mean())
        assert shown.item() == pytest.approx(-10 * math.log10(error), rel=1e-5)


def test_a_model_without_a_decoder_or_for_other_images_is_refused_in_a_sentence():
    with pytest.raises(TaskError, match="EncoderOnly has no decoder"):
        reconstruct(EncoderOnly(), dataset(), torch.tensor([0]), "cpu")
    model = SmallModel()
    model.image_shape = (1, 32, 32)  # type: ignore[assignment]
    with pytest.raises(TaskError, match="images of 1x12x12, and the model takes 1x32x32"):
        reconstruct(model, dataset(), torch.tensor([0]), "cpu")


def oklab(srgb_N3):
    """Return the colours in Oklab, by the inverse of what its author gives."""
    share = srgb_N3.double().numpy() / 255
    linear = np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)
    to_cones = np.array(
        [
            [0.4122214708, 0.5363325363, 0.0514459929],
            [0.2119034982, 0.6806995451, 0.1073969566],
            [0.0883024619, 0.2817188376, 0.6299787005],
        ]
    )
    to_lab = np.array(
        [
            [0.2104542553, 0.7936177850, -0.0040720468],
            [1.9779984951, -2.4285922050, 0.4505937099],
            [0.0259040371, 0.7827717662, -0.8086757660],
        ]
    )
    return np.cbrt(linear @ to_cones.T) @ to_lab.T


def test_equal_differences_look_equally_large_in_both_directions():
    lab = oklab(colour_table())
    # Many steps at a time: single ones are smaller than the rounding to bytes.
    steps = np.linalg.norm(np.diff(lab[::51], axis=0), axis=1)
    assert len(steps) == 2 * STEPS / 51
    assert steps.max() < 1.06 * steps.min()
    lightness = lab[:, 0]
    assert lightness == pytest.approx(lightness[::-1], abs=0.006)
    assert lightness.argmax() == STEPS


def test_no_difference_is_neutral_less_is_blue_and_more_is_orange():
    original = torch.full((1, 1, 1, 5), 0.5)
    image = torch.tensor([0.5, 0.0, 1.0, 0.4, 0.6]).reshape(1, 1, 1, 5)
    colours = difference_colours(image, original)[0, :, 0].T.tolist()
    (same, less, more, little_less, little_more) = colours
    assert len(set(same)) == 1
    assert less[2] > less[0]
    assert more[0] > more[2]
    assert same[0] > little_less[0] > less[0]
    assert same[2] > little_more[2] > more[2]


def test_what_is_beyond_the_scale_has_its_last_colour_and_a_nan_none():
    original = torch.zeros(1, 3, 1, 2)
    image = torch.tensor([2 * RANGE, math.nan]).expand(1, 3, 1, 2)
    colours = difference_colours(image, original)[0, :, 0].T
    assert torch.equal(colours[0], colour_table()[-1])
    assert torch.equal(colours[1], colour_table()[STEPS])
