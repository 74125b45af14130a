"""How fast a job goes, and the line a second that says so in the terminal."""

import logging
import time
from collections import deque

from trainer.live.durations import duration_text

logger = logging.getLogger("acc.progress")

# Steps a second are taken over this long, so that the figure is neither jumpy nor stale.
WINDOW_SECONDS = 5.0


class Progress:
    """The pace of one job; used by the recorder's thread only."""

    def __init__(
        self, *, label: str, total_steps: int, first_step: int, seconds_before: float
    ) -> None:
        """Begin at `first_step`; `seconds_before` were spent before an interruption."""
        self._label = label
        self._total_steps = total_steps
        self._step = first_step
        self._seconds_before = seconds_before
        self._began = time.monotonic()
        self._resting = False
        self._marks: deque[tuple[float, int]] = deque([(self._began, first_step)])

    @property
    def step(self) -> int:
        """The last step that was done and stored."""
        return self._step

    @property
    def active_seconds(self) -> float:
        """Seconds of training so far, all runs of the job together."""
        if self._resting:
            return self._seconds_before
        return self._seconds_before + time.monotonic() - self._began

    @property
    def steps_per_second(self) -> float | None:
        """The pace over the last seconds; None before there is one."""
        (then, first), (now, last) = self._marks[0], self._marks[-1]
        return (last - first) / (now - then) if now > then else None

    def rest(self) -> None:
        """Stop the clock: the job is paused."""
        self._seconds_before = self.active_seconds
        self._resting = True

    def go_on(self) -> None:
        """Let the clock run on after a rest."""
        self._seconds_before = self.active_seconds
        self._resting = False
        self._began = time.monotonic()
        self._marks = deque([(self._began, self._step)])

    def reached(self, step: int) -> None:
        """Note that a step is done."""
        now = time.monotonic()
        self._step = step
        self._marks.append((now, step))
        # Two stay however slow the steps are: a pace needs them.
        while len(self._marks) > 2 and self._marks[1][0] <= now - WINDOW_SECONDS:
            self._marks.popleft()

    def say(self, losses: dict[str, float | None]) -> None:
        """Print how far the job is."""
        pace = self.steps_per_second or 0.0
        shown = "  ".join(
            f"{name} {'not finite' if value is None else format(value, '.4g')}"
            for name, value in losses.items()
        )
        left = (self._total_steps - self._step) / pace if pace else None
        eta = "" if left is None else f"  ETA {duration_text(left)}"
        logger.info(
            "%s  step %s of %s  %.0f steps/s  %s%s",
            self._label,
            f"{self._step:,}",
            f"{self._total_steps:,}",
            pace,
            shown,
            eta,
        )
