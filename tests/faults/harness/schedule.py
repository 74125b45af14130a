"""Which fault comes when: decided by a seed and nothing else."""

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

LONGEST_WAIT = 8.0
# Of the moments, this many follow one another with hardly a pause: a fault during a recovery.
HURRIED = 0.3


@dataclass(frozen=True)
class Moment:
    """One fault to come.

    Attributes:
        wait: seconds from the end of the fault before it.
        seconds: how long it lasts.
        pick: in [0, 1); which of several victims is meant.
    """

    wait: float
    kind: str
    seconds: float
    pick: float


def moments(seed: int, kinds: Mapping[str, tuple[float, float]]) -> Iterator[Moment]:
    """Yield faults without end: each kind once in random order, then each once more, and so on.

    Args:
        kinds: the shortest and the longest time that a fault of each kind lasts, in seconds.

    Raises:
        ValueError: there is no kind to choose from.
    """
    if not kinds:
        raise ValueError("no fault is left to inject")
    chance = random.Random(seed)
    while True:
        order = sorted(kinds)
        chance.shuffle(order)
        for kind in order:
            hurried = chance.random() < HURRIED
            yield Moment(
                wait=chance.uniform(0.0, 1.0 if hurried else LONGEST_WAIT),
                kind=kind,
                seconds=chance.uniform(*kinds[kind]),
                pick=chance.random(),
            )
