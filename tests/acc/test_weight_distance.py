"""The distance of two states' weights."""

import numpy as np
import pytest
import torch

from acc.evaluation.weight_distance import weight_distances

ONE = {
    "encoder.0.weight": torch.tensor([[3.0, 0.0], [0.0, 4.0]]),
    "encoder.0.bias": torch.tensor([12.0]),
    "decoder.weight": torch.ones(4),
    "norm.steps": torch.tensor(7),
}


def test_parts_are_compared_as_one_vector_each():
    other = {name: tensor.clone() for name, tensor in ONE.items()}
    other["encoder.0.bias"] += 5
    other["encoder.0.weight"][0, 0] -= 12
    encoder, decoder = weight_distances(ONE, other)
    vectors = [
        np.concatenate([state[f"encoder.0.{name}"].numpy().ravel() for name in ("weight", "bias")])
        for state in (ONE, other)
    ]
    expected = np.linalg.norm(vectors[0] - vectors[1]) / np.linalg.norm(vectors[0])
    assert encoder.relative == pytest.approx(expected)
    assert (encoder.name, encoder.weight_count) == ("encoder", 5)
    assert (decoder.relative, decoder.weight_count) == (0.0, 4)


def test_what_is_not_in_both_or_of_another_shape_has_no_distance():
    other = {"encoder.0.weight": torch.zeros(2, 2), "head:digit.weight": torch.zeros(3)}
    found = {part.name: part.relative for part in weight_distances(ONE, other)}
    assert found == {"encoder": None, "decoder": None, "head:digit": None}


def test_from_nothing_there_is_no_relative_distance():
    zero = {"a.w": torch.zeros(2)}
    assert weight_distances(zero, zero)[0].relative == 0.0
    assert weight_distances(zero, {"a.w": torch.ones(2)})[0].relative is None
