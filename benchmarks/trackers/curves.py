"""The run that every tracker is given: five falling curves, one of them with a spike of one step.

Plain numpy: this also runs where nothing of ACC is installed.
"""

import numpy as np
from numpy.typing import NDArray

NAMES = ("reconstruction", "kl", "digit", "slant", "thickness")
SPIKED = NAMES[0]
# An odd step that no even spacing lands on, early enough for the shortest run.
SPIKE_STEP = 1_237
SPIKE_VALUE = 50.0


def curves_make(steps: int) -> NDArray[np.float32]:
    """Return noisy falling losses, [steps, 5]; row 0 is step 1."""
    noise_ST = np.random.default_rng(5).gamma(4.0, 0.25, (steps, len(NAMES)))
    fall_S1 = 1 / np.sqrt(1 + np.arange(steps) / 100)[:, None]
    losses_ST = (noise_ST * fall_S1).astype(np.float32)
    losses_ST[SPIKE_STEP - 1, NAMES.index(SPIKED)] = SPIKE_VALUE
    return losses_ST
