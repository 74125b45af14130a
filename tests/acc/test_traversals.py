"""What a latent holds: units, ways through it, samples and the plane of its images."""

import pytest
import torch
from sklearn.decomposition import PCA

from acc.autoencoder import Autoencoder
from acc.conv_vae import ConvVAE
from acc.datasets.builtin import load_builtin
from acc.evaluation.sheet import picture_sheet
from acc.evaluation.traversals import (
    LatentCode,
    encode_images,
    groups_of,
    plane_of,
    sample_images,
    traverse_group,
    traverse_units,
    units_of,
)
from acc.factor_slot_autoencoder import FactorSlotAutoencoder

MODELS = {
    "plain": lambda: Autoencoder(latent_dim=6),
    "vae": lambda: ConvVAE(latent_dim=6),
    "factors": lambda: FactorSlotAutoencoder(factors=[["digit", 4], ["slant", 2]]),
}


@pytest.fixture(scope="module")
def digits(tmp_path_factory):
    return load_builtin("digits", image_size=32, data_dir=tmp_path_factory.mktemp("data"))


@pytest.fixture(params=list(MODELS))
def model(request):
    torch.manual_seed(3)
    return MODELS[request.param]()


def encoded(model, digits, count=64):
    return encode_images(model, digits, digits.eval_indices[:count], "cpu")


def test_each_group_is_gone_through_from_two_deviations_below_to_two_above(model, digits):
    code = encoded(model, digits)
    for group in groups_of(model):
        way = traverse_group(model, code, code.mu_ND[:3], group, 5)
        assert way.images_STCHW.shape == (3, 5, 1, 32, 32)
        assert way.images_STCHW.dtype == torch.float32
        largest = PCA(1).fit(code.mu_ND[:, group.slice].numpy()).explained_variance_[0] ** 0.5
        assert way.high == pytest.approx(2 * largest * (63 / 64) ** 0.5, rel=1e-3)
        assert way.low == -way.high


def test_a_way_through_one_group_leaves_the_others_as_they_are(digits):
    torch.manual_seed(3)
    model = MODELS["factors"]()
    digit, slant = groups_of(model)
    seen = []
    hook = model.decoder.register_forward_pre_hook(lambda _, given: seen.append(given[0]))
    code = encoded(model, digits)
    traverse_group(model, code, code.mu_ND[:2], digit, 5)
    hook.remove()
    (moved,) = seen
    assert torch.equal(moved[:5, slant.slice], code.mu_ND[0, slant.slice].expand(5, -1))
    assert (moved[:5, digit.slice].std(dim=0) > 0).any()


def test_a_model_without_groups_is_one_group(digits):
    (group,) = groups_of(MODELS["vae"]())
    assert (group.name, group.start, group.end) == ("latent", 0, 6)


def test_nothing_of_the_model_changes(model, digits):
    model.train()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    torch.manual_seed(7)
    expected = torch.rand(3)
    torch.manual_seed(7)
    code = encoded(model, digits)
    sample_images(model, code, 4)
    traverse_units(model, code, code.mu_ND[0], [0, 1], 3)
    assert torch.equal(torch.rand(3), expected)
    assert model.training
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())


def test_units_are_sorted_by_what_they_say_and_dead_ones_are_named():
    generator = torch.Generator().manual_seed(1)
    mu = torch.randn(500, 3, generator=generator) * torch.tensor([0.5, 0.001, 2.0])
    logvar = torch.tensor([-1.0, 0.0, -3.0]).expand(500, 3)
    units = units_of(LatentCode(mu, logvar))
    assert [unit.index for unit in units] == [2, 0, 1]
    assert [unit.is_dead for unit in units] == [False, False, True]
    posterior = torch.distributions.Normal(mu, (0.5 * logvar).exp())
    kl = torch.distributions.kl_divergence(posterior, torch.distributions.Normal(0.0, 1.0))
    for unit in units:
        assert unit.kl_nats == pytest.approx(float(kl[:, unit.index].mean()), abs=1e-5)
    plain = units_of(LatentCode(mu, None))
    assert [(unit.index, unit.is_dead) for unit in plain] == [(2, False), (0, False), (1, True)]
    assert plain[0].kl_nats is None


def test_samples_are_the_same_each_time_and_as_many_as_asked_for(model, digits):
    code = encoded(model, digits)
    first = sample_images(model, code, 7)
    assert first.shape == (7, 1, 32, 32)
    assert torch.equal(first, sample_images(model, code, 7))
    assert not torch.equal(first[0], first[1])


def test_the_plane_is_that_of_the_principal_components(model, digits):
    code = encoded(model, digits)
    plane = plane_of(code)
    independent = PCA(2).fit(code.mu_ND.numpy())
    theirs = torch.from_numpy(independent.transform(code.mu_ND.numpy()))
    assert torch.allclose(plane.points_N2.abs(), theirs.abs(), atol=1e-4)
    assert plane.shares == pytest.approx(independent.explained_variance_ratio_, abs=1e-4)


def test_a_latent_of_one_unit_is_a_line():
    plane = plane_of(LatentCode(torch.arange(5.0)[:, None], None))
    assert plane.points_N2[:, 0].tolist() == [-2.0, -1.0, 0.0, 1.0, 2.0]
    assert plane.points_N2[:, 1].abs().sum() == 0
    assert plane.shares == (1.0, 0.0)


def test_a_sheet_has_transparent_gaps_and_takes_grey_and_coloured_rows():
    grey, coloured = torch.ones(2, 1, 3, 4), torch.zeros(1, 3, 3, 4, dtype=torch.uint8)
    sheet = picture_sheet([grey, coloured])
    assert sheet.shape == (4, 8, 10)
    assert sheet[:, 0, 0].tolist() == [255, 255, 255, 255]
    assert sheet[:, 7, 0].tolist() == [0, 0, 0, 255]
    assert sheet[3, 3].sum() == 0  # the gap between the rows
    assert sheet[3, 7, 9] == 0  # a place without an image
    with pytest.raises(ValueError, match="needs an image"):
        picture_sheet([torch.zeros(0, 1, 3, 4)])
