"""Where a loop's time goes, as two sums that any thread may read."""

from dataclasses import dataclass


@dataclass
class StepClock:
    """Seconds of the host's clock since the loop began.

    On a GPU, kernels run behind the host: what is spent on data is then the time to ask for a
    batch, and how busy the device is says the rest.

    Attributes:
        data: spent on getting batches.
        steps: spent in steps as a whole, data included.
    """

    data: float = 0.0
    steps: float = 0.0
