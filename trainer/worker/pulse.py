"""Whether a job's loop comes forward, looked at from another thread at no cost for the loop."""

import datetime
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django.utils import timezone


class Pulse:
    """Notes when the loop was last seen to have done something."""

    def __init__(self) -> None:
        """Begin before there is a loop: then nobody can say that it stands still."""
        self._step: Callable[[], int] | None = None
        self._seen_step: int | None = None
        self._seen_at: datetime.datetime | None = None
        self._is_elsewhere = False

    def follow(self, step: Callable[[], int]) -> None:
        """Look at the step that `step` returns from now on."""
        self._step, self._seen_step = step, step()

    @contextmanager
    def elsewhere(self) -> Iterator[None]:
        """Take what is done inside for progress: the loop has left its steps for it."""
        self._is_elsewhere = True
        try:
            yield
        finally:
            self._is_elsewhere = False

    def seen_at(self) -> datetime.datetime | None:
        """Look, and return when the loop last came forward; None before its first new step."""
        if self._step is None:
            return None
        step = self._step()
        has_stepped = step != self._seen_step
        if has_stepped or (self._is_elsewhere and self._seen_at is not None):
            self._seen_step, self._seen_at = step, timezone.now()
        return self._seen_at
