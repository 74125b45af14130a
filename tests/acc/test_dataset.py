"""Data sets: what they accept, how they are split, and how batches are drawn from them."""

from itertools import chain

import numpy as np
import pytest
import torch

from acc.dataset import AccDataset, DatasetError


def images(count: int = 40, side: int = 4) -> torch.Tensor:
    """Return images that can be told apart: each is filled with its own number."""
    return (torch.arange(count) / count).reshape(count, 1, 1, 1).expand(-1, 1, side, side).clone()


def test_uint8_images_are_scaled_and_get_a_channel():
    data = AccDataset(np.full((3, 4, 4), 255, np.uint8), name="white")
    assert data.images.dtype == torch.float32
    assert data.image_shape == (1, 4, 4)
    assert data.images.unique().tolist() == [1.0]


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, ">f4", np.longdouble])
def test_floats_of_any_width_and_byte_order_are_images(dtype):
    array = np.linspace(0, 1, 32).reshape(2, 1, 4, 4).astype(dtype)
    array.flags.writeable = False
    data = AccDataset(array, name="ramp")
    assert data.images.dtype == torch.float32
    assert data.images.max() == 1


@pytest.mark.parametrize(
    ("bad", "sentence"),
    [
        (np.full((2, 1, 4, 4), np.nan), "NaN"),
        (np.full((2, 1, 4, 4), 1.5), r"must lie in \[0, 1\]"),
        (np.full((2, 1, 4, 4), -0.5), r"must lie in \[0, 1\]"),
        (np.zeros((2, 1, 4, 4), np.int64), "uint8 or floats"),
        (np.zeros((0, 1, 4, 4)), "at least 2 images"),
        (np.zeros((1, 1, 4, 4)), "at least 2 images"),
        (np.zeros((2, 1, 0, 4)), "at least 2 images"),
        (np.zeros((2, 16)), r"\[N, C, H, W\]"),
        (np.array([["a", "b"]]), "numbers"),
        ([[0.0, 1.0]], "numpy array or a tensor"),
        (torch.zeros(2, 1, 4, 4, dtype=torch.complex64), "real numbers"),
    ],
)
def test_what_are_no_images_is_refused_in_a_sentence(bad, sentence):
    with pytest.raises(DatasetError, match=sentence):
        AccDataset(bad, name="bad")


def test_a_rounding_error_outside_the_range_is_forgiven():
    data = AccDataset(torch.tensor([-1e-6, 1 + 1e-6]).reshape(2, 1, 1, 1), name="rounded")
    assert data.images.flatten().tolist() == [0.0, 1.0]


@pytest.mark.parametrize("dtype", [np.uint8, np.int8, np.uint16, np.int32, np.uint64, np.bool_])
def test_integers_of_any_type_are_classes(dtype):
    data = AccDataset(images(4), np.array([0, 1, 1, 0]).astype(dtype), name="labels")
    assert data.target_type == "classes"
    assert data.num_classes == 2
    assert data.targets is not None
    assert data.targets.dtype == torch.int64


def test_labels_in_a_column_are_labels_too():
    data = AccDataset(images(4), torch.tensor([[0], [1], [2], [0]]), name="column")
    assert data.targets is not None
    assert data.targets.tolist() == [0, 1, 2, 0]


def test_floats_are_values_in_a_column():
    data = AccDataset(images(4), np.array([0.5, 1.0, 1.5, 2.0]), name="values")
    assert (data.target_type, data.num_classes, data.target_dim) == ("float", None, 1)
    assert data.targets is not None
    assert data.targets.shape == (4, 1)
    assert data.targets.dtype == torch.float32


def test_integers_may_be_said_to_be_values():
    data = AccDataset(images(4), np.arange(8).reshape(4, 2), name="pairs", target_type="float")
    assert data.target_dim == 2


@pytest.mark.parametrize(
    ("targets", "options", "sentence"),
    [
        (np.zeros(3, int), {}, "4 images but 3 targets"),
        (np.array(1), {}, "4 images but 1 targets"),
        (np.array([0, 1, -1, 2]), {}, "from -1 to 2"),
        (np.array([0, 1, 10**9, 2]), {}, "below 100000"),
        (np.zeros((4, 2), int), {}, r"must be \[N\]"),
        (np.array([0, 1, 2, 3]), {"num_classes": 3}, "a label 3"),
        (np.array([0.0, np.inf, 0.0, 0.0]), {}, "NaN or infinity"),
        (np.zeros(4), {"target_type": "classes"}, "whole numbers"),
        (np.zeros(4), {"num_classes": 3}, "num_classes is for class labels"),
        (np.zeros((4, 1, 1)), {}, r"\[N, K\]"),
        (np.zeros(4), {"target_type": "float64"}, '"classes" or "float"'),
        (None, {"target_type": "classes"}, "there are none"),
    ],
)
def test_targets_that_do_not_fit_are_refused_in_a_sentence(targets, options, sentence):
    with pytest.raises(DatasetError, match=sentence):
        AccDataset(images(4), targets, name="bad", **options)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"name": " "}, "name"),
        ({"name": "x", "seed": -1}, "seed"),
        ({"name": "x", "eval_fraction": 1.5}, "eval_fraction"),
        ({"name": "x", "eval_indices": np.array([0, 0])}, "different"),
        ({"name": "x", "eval_indices": np.array([40])}, "from 0 to 39"),
        ({"name": "x", "eval_indices": np.arange(40)}, "1 to 39"),
        ({"name": "x", "eval_indices": np.array([0.5])}, "whole numbers"),
    ],
)
def test_other_mistakes_are_refused_in_a_sentence(options, sentence):
    with pytest.raises(DatasetError, match=sentence):
        AccDataset(images(), **options)


def test_a_data_set_sorted_by_class_is_split_with_each_class_in_both_parts():
    labels = np.repeat(np.arange(10), 100)
    data = AccDataset(images(1000), labels, name="sorted")
    assert data.targets is not None
    assert data.targets[data.eval_indices].bincount().tolist() == [15] * 10
    assert sorted([*data.train_indices.tolist(), *data.eval_indices.tolist()]) == list(range(1000))
    assert data.targets[data.train_indices][:50].unique().numel() > 5, "not in random order"


@pytest.mark.parametrize("fraction", [0.0, 0.15, 1.0])
@pytest.mark.parametrize("count", [2, 3, 7])
def test_neither_part_is_ever_empty(count, fraction):
    data = AccDataset(images(count), name="tiny", eval_fraction=fraction)
    assert data.train_size >= 1
    assert data.eval_size >= 1
    assert data.train_size + data.eval_size == len(data) == count


def test_the_seed_decides_the_split():
    first, same, other = (AccDataset(images(), name="x", seed=seed) for seed in (1, 1, 2))
    assert first.eval_indices.tolist() == same.eval_indices.tolist()
    assert first.eval_indices.tolist() != other.eval_indices.tolist()


def test_a_given_eval_part_is_kept():
    data = AccDataset(images(), name="x", eval_indices=np.array([3, 30, 31], np.uint8))
    assert sorted(data.eval_indices.tolist()) == [3, 30, 31]
    assert data.train_size == 37


def test_a_batch_holds_the_images_and_targets_of_its_indices():
    data = AccDataset(images(), torch.arange(40), name="x")
    batch_images, batch_targets = data.batch(torch.tensor([7, 3]))
    assert batch_targets.tolist() == [7, 3]
    assert torch.equal(batch_images, images()[[7, 3]])
    assert len(AccDataset(images(), name="x").batch(torch.tensor([1]))) == 1


def test_training_goes_through_full_batches_in_a_new_order_each_time():
    data = AccDataset(images(), torch.arange(40), name="x", eval_fraction=0.25)
    loader = data.train_loader(8)
    epochs = [[targets.tolist() for _, targets in loader] for _ in range(2)]
    assert [len(batch) for batch in epochs[0]] == [8, 8, 8]
    assert len(loader) == 3
    assert epochs[0] != epochs[1]
    again = data.train_loader(8)
    assert [[targets.tolist() for _, targets in again] for _ in range(2)] == epochs
    assert set(chain(*epochs[0])) <= set(data.train_indices.tolist())


def test_a_data_set_smaller_than_a_batch_gives_one_batch():
    data = AccDataset(images(5), name="few")
    assert [len(batch[0]) for batch in data.train_loader(64)] == [4]
    assert [len(batch[0]) for batch in data.eval_loader(64)] == [1]
    assert len(data.train_loader(64)) == len(data.eval_loader(64)) == 1


def test_evaluation_sees_every_held_out_image_in_one_order():
    data = AccDataset(images(), torch.arange(40), name="x", eval_fraction=0.25)
    loader = data.eval_loader(4)
    passes = [[targets.tolist() for _, targets in loader] for _ in range(2)]
    assert passes[0] == passes[1]
    assert [len(batch) for batch in passes[0]] == [4, 4, 2]
    assert list(chain(*passes[0])) == data.eval_indices.tolist()


def test_drawing_leaves_the_global_random_numbers_alone():
    before = torch.get_rng_state()
    data = AccDataset(images(), name="x")
    list(data.train_loader(8))
    data.sample(3)
    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.parametrize("count", [0, -1, 2.5, True])
def test_a_count_that_is_none_is_refused(count):
    data = AccDataset(images(), name="x")
    for call in (data.sample, data.train_loader, data.eval_loader):
        with pytest.raises(DatasetError, match="positive"):
            call(count)


def test_a_sample_is_the_same_each_time_and_never_larger_than_the_data_set():
    data = AccDataset(images(), name="x")
    assert torch.equal(data.sample(5), data.sample(5))
    assert not torch.equal(data.sample(5), data.sample(5, seed=9))
    assert data.sample(8).flatten(1)[:, 0].unique().numel() == 8
    assert len(data.sample(60000)) == 40


def test_the_content_hash_tells_data_apart_and_not_names():
    def content(pixels=images(), name="x", seed=0, targets=None):  # noqa: B008
        return AccDataset(pixels, targets, name=name, seed=seed).content_hash()

    changed = images()
    changed[3, 0, 2, 2] += 0.001
    assert content() == content(name="other")
    hashes = [content(), content(changed), content(seed=1), content(targets=torch.arange(40))]
    assert len(set(hashes)) == 4
    assert content(images().numpy().astype(">f4")) == content()


def test_the_content_hash_stays_what_it_was():
    """Hashes are stored; this one was made when the format was settled."""
    data = AccDataset(torch.tensor([0, 0.5, 1]).reshape(3, 1, 1, 1), torch.arange(3), name="x")
    assert data.content_hash() == (
        "6d3946e2a064e5b9cc88902c797d5c693c60c16397c362a84b0d8d4aacdd95bc"
    )


def test_a_moved_data_set_is_the_same_data_set_and_the_first_stays():
    data = AccDataset(images(), torch.arange(40), name="x")
    moved = data.to("meta")
    assert moved.images.device.type == "meta"
    assert data.images.device.type == "cpu"
    assert (moved.name, moved.train_size) == (data.name, data.train_size)


def test_a_description_says_what_a_screen_shows():
    data = AccDataset(images(), torch.arange(40) % 4, name="fours")
    assert data.describe() == {
        "name": "fours",
        "size": 40,
        "image_shape": [1, 4, 4],
        "target_type": "classes",
        "num_classes": 4,
        "target_dim": None,
        "train_size": 34,
        "eval_size": 6,
    }
    assert repr(data) == "AccDataset('fours', 40x1x4x4, target_type='classes')"
