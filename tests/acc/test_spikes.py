"""Which losses are out of the ordinary, and which only look like it."""

import numpy as np
import pytest

from acc.evaluation.spikes import SpikeDetector

COUNT = 2000
STEPS = np.arange(1, COUNT + 1)


def noisy(seed=0, level=0.5, scatter=0.2):
    return level * np.exp(scatter * np.random.default_rng(seed).normal(size=COUNT))


def told(losses, steps=STEPS, detector=None):
    detector = detector or SpikeDetector()
    return [
        (odd.kind, odd.step, odd.since, odd.ended)
        for odd in detector.look(np.asarray(steps), np.asarray(losses, dtype=np.float32))
    ]


def test_no_points_are_nothing_odd():
    assert told([], steps=np.zeros(0, dtype=int)) == []


@pytest.mark.parametrize("seed", range(20))
def test_noise_has_no_spikes(seed):
    assert told(noisy(seed)) == []


@pytest.mark.parametrize(
    "losses",
    [
        3 * np.exp(-STEPS / 100) + 0.01,
        1e-4 * np.exp(STEPS / 200),  # a divergence is no spike; its trend says so
        1 + STEPS / 100,
        np.full(COUNT, 0.3),
        np.zeros(COUNT),
        np.sin(STEPS / 50),
    ],
    ids=["falls", "grows by a factor", "grows evenly", "is constant", "is zero", "has both signs"],
)
def test_a_smooth_curve_has_no_spikes(losses):
    assert told(losses) == []


def test_a_spike_of_one_step_is_told_once_with_what_was_usual():
    losses = noisy()
    losses[999] = 40
    (odd,) = SpikeDetector().look(STEPS, losses)
    assert (odd.kind, odd.step, odd.value, odd.ended) == ("spike", 1000, 40, False)
    assert odd.usual == pytest.approx(0.5, rel=0.1)


def test_a_spike_among_losses_of_both_signs_is_found():
    losses = np.random.default_rng(1).normal(size=COUNT)
    losses[1500] = 50
    assert told(losses) == [("spike", 1501, 1501, False)]


def test_spikes_beside_each_other_are_one_stretch_with_an_end():
    losses = noisy()
    losses[[999, 1003, 1011]] = 40
    assert told(losses) == [("spike", 1000, 1000, False), ("spike", 1032, 1000, True)]


def test_a_new_level_is_told_once_and_becomes_the_usual_one():
    losses = noisy()
    losses[1000:] *= 50
    begin, end = told(losses)
    assert begin == ("spike", 1001, 1001, False)
    assert end[0] == "spike"
    assert end[1] < 1300


def test_a_run_of_nan_is_a_beginning_and_an_end():
    losses = noisy()
    losses[700:900] = np.nan
    losses[800] = np.inf
    assert told(losses) == [("nonfinite", 701, 701, False), ("nonfinite", 920, 701, True)]


def test_a_divergence_that_ends_in_nan_is_told_as_both():
    losses = noisy()
    losses[1500] = 1e8
    losses[1501:] = np.nan
    assert told(losses) == [("spike", 1501, 1501, False), ("nonfinite", 1502, 1502, False)]


def test_the_first_losses_say_nothing_of_spikes_but_of_nan():
    losses = noisy()[:40]
    losses[30], losses[35] = 100, np.nan
    assert told(losses, STEPS[:40]) == [("nonfinite", 36, 36, False)]


def test_the_same_is_found_however_the_points_come_in():
    losses = noisy(scatter=0.4)
    losses[[300, 301, 640, 641, 1999]] = 1e3
    losses[1200:1210] = np.nan
    whole = told(losses)
    assert len(whole) > 5
    chance = np.random.default_rng(5)
    cuts = np.unique(chance.integers(1, COUNT, size=300))
    detector = SpikeDetector()
    pieces = [
        odd
        for steps, part in zip(np.split(STEPS, cuts), np.split(losses, cuts), strict=True)
        for odd in told(part, steps, detector)
    ]
    assert pieces == whole


def test_a_stretch_that_began_long_ago_is_not_told_again_and_ends():
    losses = np.concatenate([np.full(100, np.nan), noisy()[:100]])
    detector = SpikeDetector(open_since={"nonfinite": 7})
    assert told(losses, np.arange(1001, 1201), detector) == [("nonfinite", 1120, 7, True)]


def test_steps_in_which_a_task_took_no_part_do_not_matter():
    losses = noisy()
    losses[1000] = 40
    assert told(losses, 7 * STEPS) == [("spike", 7007, 7007, False)]
