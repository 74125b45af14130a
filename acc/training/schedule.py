"""Which tasks take part in a step, and with which factor in the total."""

from collections.abc import Sequence
from enum import StrEnum

import torch


class Schedule(StrEnum):
    """How tasks share the steps of a job.

    JOINT: every enabled task contributes to each step. ROUND_ROBIN: one task a step, in turn.
    WEIGHTED: one task a step, drawn with a probability in proportion to its weight; its loss then
    counts as it is, since the weight already acts through how often it is drawn.
    """

    JOINT = "joint"
    ROUND_ROBIN = "round_robin"
    WEIGHTED = "weighted"


class Turns:
    """The order in which tasks come up, with a random generator of its own."""

    def __init__(self, schedule: Schedule, seed: int) -> None:
        """Begin at the first turn; equal seeds give equal orders."""
        self.schedule = schedule
        self.generator = torch.Generator().manual_seed(seed)

    def factors(self, weights: Sequence[float]) -> tuple[float, ...]:
        """Return the factor with which each task enters the total of a step it takes part in."""
        if self.schedule is Schedule.WEIGHTED:
            return (1.0,) * len(weights)
        return tuple(weights)

    def can_choose(self, weights: Sequence[float]) -> bool:
        """Return whether enabled tasks of these weights make up a step."""
        return any(weights) if self.schedule is Schedule.WEIGHTED else bool(weights)

    def active(self, step: int, weights: Sequence[float]) -> int | None:
        """Return the index of the one task of this step; None where all take part.

        Raises:
            ValueError: tasks are drawn by weight and every weight is 0.
        """
        if self.schedule is Schedule.JOINT:
            return None
        if self.schedule is Schedule.ROUND_ROBIN:
            return step % len(weights)
        if not any(weights):
            raise ValueError("every task's weight is 0, so none can be drawn by weight")
        chances = torch.tensor(weights, dtype=torch.float64)
        return int(torch.multinomial(chances, 1, generator=self.generator))
