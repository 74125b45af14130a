"""What is found out about a data set before anybody trains on it."""

from itertools import pairwise

import numpy as np
import torch

from acc.dataset import AccDataset
from acc.datasets.survey import duplicate_count, image_groups, target_distribution


def images(count, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (count, 8, 8), dtype=np.uint8)


def test_an_image_in_both_parts_is_counted_by_its_pixels():
    shown = images(10)
    shown[7] = shown[0]
    shown[8] = shown[0]
    shown[1] = shown[2]  # twice in one part is no leak
    data = AccDataset(shown, name="x", eval_indices=np.array([7, 8, 9]))
    assert duplicate_count(data) == 2


def test_zero_and_minus_zero_are_the_same_pixel():
    shown = torch.zeros(3, 1, 2, 2)
    shown[0] = -0.0
    shown[1] = 1
    assert duplicate_count(AccDataset(shown, name="x", eval_indices=np.array([0]))) == 1


def test_classes_are_counted_in_each_part_and_empty_ones_too():
    labels = np.array([0, 0, 2, 2, 2, 0])
    data = AccDataset(images(6), labels, name="x", num_classes=4, eval_indices=np.array([0, 2]))
    assert target_distribution(data) == {
        "kind": "classes",
        "train": [2, 0, 2, 0],
        "eval": [1, 0, 1, 0],
        "more": 0,
    }


def test_values_are_counted_in_bins_that_hold_every_image():
    values = np.random.default_rng(1).normal(size=(50, 6))
    found = target_distribution(AccDataset(images(50), values, name="x"))
    assert found is not None
    assert (len(found["columns"]), found["more"]) == (4, 2)
    for column, of_column in zip(found["columns"], values.T, strict=False):
        assert sum(column["train"]) + sum(column["eval"]) == 50
        assert np.isclose(column["low"], of_column.min())
        assert np.isclose(column["high"], of_column.max())


def test_a_target_that_never_changes_is_one_bin():
    found = target_distribution(AccDataset(images(10), np.full(10, 3.5), name="x"))
    assert found is not None
    assert [len(found["columns"][0][part]) for part in ("train", "eval")] == [1, 1]
    assert found["columns"][0]["train"][0] + found["columns"][0]["eval"][0] == 10


def test_without_targets_there_are_images_and_no_distribution():
    data = AccDataset(images(5), name="x")
    assert target_distribution(data) is None
    (group,) = image_groups(data)
    assert sorted(group.indices_B.tolist()) == [0, 1, 2, 3, 4]


def test_each_class_is_shown_by_its_own_images():
    labels = np.arange(60) % 3
    for group in image_groups(AccDataset(images(60), labels, name="x")):
        assert set(labels[group.indices_B.numpy()]) == {int(group.label)}
        assert len(group.indices_B) == 8


def test_ranges_of_values_go_from_low_to_high():
    values = np.random.default_rng(2).random(100)
    groups = image_groups(AccDataset(images(100), values, name="x"))
    shown = [values[group.indices_B.numpy()] for group in groups]
    assert len(shown) == 6
    for lower, higher in pairwise(shown):
        assert lower.max() <= higher.min()
