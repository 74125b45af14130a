"""Factor groups: named parts of the latent, and the model that decodes them as slots."""

import pytest
import torch

from acc.factor_group import FactorGroup
from acc.factor_slot_autoencoder import FactorSlotAutoencoder
from acc.model_output import ModelOutput

FACTORS: list[list[str | int]] = [["digit", 5], ["slant", 2], ["free", 3]]


def model(**options) -> FactorSlotAutoencoder:
    return FactorSlotAutoencoder(factors=FACTORS, **options).eval()


def test_the_groups_lie_side_by_side_in_the_latent():
    assert model().factor_groups == (
        FactorGroup("digit", 0, 5),
        FactorGroup("slant", 5, 7),
        FactorGroup("free", 7, 10),
    )
    assert model().latent_dim == 10
    assert model().describe()["factor_groups"][1] == {"name": "slant", "start": 5, "end": 7}


def test_the_factors_are_the_latents_parts():
    output = model()(torch.rand(4, 1, 32, 32))
    factors = output[ModelOutput.FACTORS]
    assert list(factors) == ["digit", "slant", "free"]
    assert torch.equal(torch.cat(list(factors.values()), dim=1), output[ModelOutput.LATENT])


def test_every_factor_changes_the_image():
    slots = model()
    latent = torch.zeros(1, slots.latent_dim)
    blank = slots.decode(latent)
    for group in slots.factor_groups:
        moved = latent.clone()
        moved[:, group.slice] = 3
        assert not torch.allclose(slots.decode(moved), blank, atol=1e-4), group.name


def test_factors_may_be_given_as_a_mapping_and_come_back_in_order():
    """As a list: some databases sort the keys of a mapping, and the order is the latent's."""
    given = FactorSlotAutoencoder(factors={"zebra": 4, "ant": 2})
    assert given.config()["factors"] == [["zebra", 4], ["ant", 2]]


@pytest.mark.parametrize(
    ("config", "sentence"),
    [
        ({"factors": []}, "1 to 64 pairs"),
        ({"factors": "digit"}, "1 to 64 pairs"),
        ({"factors": 5}, "1 to 64 pairs"),
        ({"factors": ["digit"]}, "a name and a width"),
        ({"factors": [["digit", 5, 6]]}, "a name and a width"),
        ({"factors": [5, 6]}, "a name and a width"),
        ({"factors": [["digit", 0]]}, "the width of factor 'digit'"),
        ({"factors": [["digit", "5"]]}, "the width of factor 'digit'"),
        ({"factors": [[" ", 5]]}, "name"),
        ({"factors": [["a", 5], ["a", 5]]}, "different names"),
        ({"factors": [[f"f{n}", 1024] for n in range(5)]}, "sum to at most 4096"),
        ({"attention_heads": 3}, "attention_heads must divide"),
        ({"slots_per_factor": 0}, "slots_per_factor"),
        ({"attention_blocks": 0}, "attention_blocks"),
        ({"decoder_channels": [16] * 6}, "multiple of 64"),
    ],
)
def test_factors_that_make_no_model_are_refused_in_a_sentence(config, sentence):
    with pytest.raises(ValueError, match=sentence):
        FactorSlotAutoencoder(**config)


@pytest.mark.parametrize(("name", "start", "end"), [("", 0, 1), ("a", 3, 3), ("a", -1, 2)])
def test_a_group_without_name_or_width_is_refused(name, start, end):
    with pytest.raises(ValueError, match="factor group"):
        FactorGroup(name, start, end)


def test_a_group_knows_its_width_and_place():
    group = FactorGroup("slant", 5, 7)
    assert group.width == 2
    assert torch.arange(10)[group.slice].tolist() == [5, 6]
