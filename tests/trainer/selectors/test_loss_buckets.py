"""Numbers on their way to a chart: short, and still the recorded ones."""

import numpy as np

from trainer.selectors.loss_buckets import shortened


def test_shortened_losses_are_the_recorded_ones_in_fewer_digits():
    numbers = np.random.default_rng(3)
    size_N = 10.0 ** numbers.uniform(-30, 30, 20_000)
    losses_N = (size_N * numbers.choice([-1, 1], 20_000)).astype(np.float32)
    losses_N[:3] = [0.0, 1e8, 1e-12]
    short = shortened(losses_N)
    assert (np.array(short, dtype=np.float32) == losses_N).all()
    near = [number for number in short if 1e-4 <= abs(number) < 1e8]
    assert max(len(repr(abs(number))) for number in near) <= 15
