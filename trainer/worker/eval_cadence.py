"""When a job that trains is evaluated: every so many steps, and never faster than it is done."""

from __future__ import annotations

from dataclasses import dataclass

from trainer.models import Call, Job
from trainer.selectors.calls import call_waiting
from trainer.services.jobs import job_trouble


@dataclass
class Skipped:
    """Evaluations that were left out in a row, and the steps of the first and the last one."""

    count: int
    first: int
    last: int


class EvalCadence:
    """Says at which steps the state is to be evaluated.

    One evaluation waits at most: while it does, the loop passes over the steps that are due, and
    says so with the next one. The loop's thread asks, the recorder's thread looks at the rows.
    """

    def __init__(self, job: Job) -> None:
        """Follow a claimed job with the cadence of its row."""
        self.every = job.eval_every
        self._job = job
        # After a crash, the one that the last worker asked for may still wait.
        self._is_taken = self._is_sent = call_waiting(job.experiment, Call.Kind.EVAL_RUN)
        self._skipped: Skipped | None = None

    def take(self, step: int) -> bool:
        """Return whether the state after a step is to be evaluated, and note it if it is not."""
        if not self.every or step % self.every:
            return False
        if not self._is_taken:
            self._is_taken = True
            return True
        if self._skipped is None:
            self._skipped = Skipped(0, step, step)
        self._skipped.count += 1
        self._skipped.last = step
        return False

    def skipped(self) -> Skipped | None:
        """Return what was left out since the last time."""
        found, self._skipped = self._skipped, None
        return found

    def sent(self) -> None:
        """Note that the evaluation was asked for; the recorder's thread."""
        self._is_sent = True

    def look(self) -> None:
        """See whether the evaluation still waits; the recorder's thread."""
        if self._is_sent and not call_waiting(self._job.experiment, Call.Kind.EVAL_RUN):
            self._is_sent = False
            self._is_taken = False

    def tell(self, skipped: Skipped | None, step: int) -> None:
        """Record what was left out, where anything was; the recorder's thread."""
        if skipped is not None:
            job_trouble(self._job, step=step, kind="evals_skipped", detail=vars(skipped))
