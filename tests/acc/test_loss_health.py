"""What the health of a loss curve says, and what does not turn it."""

import numpy as np
import pytest

from acc.evaluation.loss_health import loss_health, loss_trend

STEPS = np.arange(2000)
NOISE = np.random.default_rng(0).normal(size=2000)


@pytest.mark.parametrize(
    ("values", "trend"),
    [
        (np.exp(-STEPS / 500) + 0.1 * NOISE, "improving"),
        (1 + STEPS / 2000 + 0.1 * NOISE, "worsening"),
        (1 + 0.1 * NOISE, "flat"),
        (np.full(50, 0.3), "flat"),
        (np.zeros(50), "flat"),
        (np.linspace(1, 0.995, 50), "flat"),  # half a per cent
        (np.array([3.0, 2.0, 1.0]), "improving"),
        (np.array([1.0, 2.0]), "flat"),
        (np.array([]), "flat"),
        (np.full(9, np.nan), "flat"),
    ],
)
def test_the_trend_of_a_curve(values, trend):
    assert loss_trend(values) == trend


@pytest.mark.parametrize("seed", range(20))
def test_noise_alone_is_rarely_a_trend(seed):
    noise = np.random.default_rng(seed).normal(1, 0.3, size=500)
    assert loss_trend(noise) == "flat"


def test_spikes_and_nan_do_not_turn_a_trend():
    values = np.exp(-STEPS / 500) + 0.05 * NOISE
    values[[100, 1500, 1999]] = 1e9
    values[700:720] = np.nan
    values[[3, 1200]] = np.inf
    assert loss_trend(values) == "improving"


def test_a_curve_is_judged_in_float32_as_in_float64():
    assert loss_trend((1 + STEPS / 2000 + 0.1 * NOISE).astype(np.float32)) == "worsening"


@pytest.mark.parametrize(
    ("values", "bounds", "health"),
    [
        ([1.0, 0.05], (0.1, 2.0), "healthy"),
        ([1.0, 0.5], (0.1, 2.0), "warning"),
        ([1.0, 0.1], (0.1, 2.0), "warning"),
        ([0.05, 3.0], (0.1, 2.0), "critical"),
        ([0.05, np.nan], (0.1, 2.0), "critical"),
        ([0.05, np.inf], None, "critical"),
        ([np.nan] * 3, None, "critical"),
        ([500.0, 400.0, 300.0], None, "healthy"),
        ([300.0, 400.0, 500.0], None, "warning"),
        ([np.nan, 1.0], None, "healthy"),
        ([], (0.1, 2.0), "warning"),
        ([], None, "warning"),
    ],
)
def test_the_health_of_a_curve(values, bounds, health):
    assert loss_health(np.array(values), bounds) == health


def test_one_bad_batch_at_the_end_of_a_long_run_is_no_alarm():
    values = np.full(1000, 0.05)
    values[-1] = 50.0
    assert loss_health(values, (0.1, 2.0)) == "healthy"


def test_a_curve_that_was_nan_a_moment_ago_is_a_warning():
    values = np.full(1000, 0.05)
    values[-10:-5] = np.nan
    assert loss_health(values, (0.1, 2.0)) == "warning"
    assert loss_health(values, None) == "warning"
