"""Finds what keeps the steps of a running job from changing the model, on the recorder's thread."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from trainer.live.event_words import BARREN_KINDS
from trainer.models import Job
from trainer.selectors.barren import barren_open
from trainer.selectors.loss_runs import LossRun, loss_runs
from trainer.services.oddities import OddLoss, oddities_of, oddities_store

# So many steps in a row are no single bad batch any more.
LASTING_STEPS = 20
# So many stretches of a task are told as soon as they last; each further one has to last twice as
# long as the one before, so that a loss that comes and goes does not fill the list of events.
MOST_LISTED = 10
# Who is to blame where every loss is finite and a gradient, or the sum, is not.
NOBODY = ""


@dataclass
class _Stretch:
    """A task's steps so far that changed nothing on its account, in a row; none while `count` is 0.

    Attributes:
        seen: the steps that it took part in, from the first that was looked at.
        told: how many stretches were.
    """

    count: int = 0
    since: int = 0
    of: str = "loss"
    is_told: bool = False
    seen: int = 0
    told: int = 0

    @property
    def lasts(self) -> bool:
        return self.count >= LASTING_STEPS << max(0, self.told - MOST_LISTED + 1)


class BarrenWatch:
    """Looks at every step once, and keeps what it finds until that is stored.

    In a joint step, those tasks are to blame whose own loss is not finite; nobody in particular
    where a gradient is not. In a step of one task, that one is.
    """

    def __init__(self, job: Job, *, last_step: int) -> None:
        """Go on where a job's stored points end, at `last_step`."""
        self._job = job
        self._found: list[OddLoss] = []
        self._stretches: defaultdict[str, _Stretch] = defaultdict(_Stretch)
        for run in loss_runs(job, after_step=max(0, last_step - LASTING_STEPS)):
            # Whether a gradient was finite is not stored: such a stretch begins anew.
            self.add(run, ~np.isfinite(run.values_ST[:, -1]))
        self._found = []
        for stretch in self._stretches.values():
            stretch.is_told, stretch.told = False, 0
        events = list(oddities_of(job, BARREN_KINDS))
        for event in events:
            self._stretches[event.detail["task"]].told += event.kind == "barren"
        for task, event in barren_open(events).items():
            stretch = self._stretches[task]
            stretch.is_told, stretch.count = True, max(stretch.count, 1)
            stretch.since, stretch.of = event.detail["since"], event.detail["of"]

    def add(self, run: LossRun, barren_S: NDArray[np.bool_]) -> None:
        """Look at steps, in order.

        Args:
            barren_S: which of the run's steps changed nothing, as something was not finite.
        """
        found: list[OddLoss] = []
        for task, steps_N, blamed_N, finite_N in _columns(run, barren_S):
            if blamed_N.any() or self._stretches[task].count:
                for step, blamed, finite in zip(
                    steps_N.tolist(), blamed_N.tolist(), finite_N.tolist(), strict=True
                ):
                    found += self._look(task, step, "gradient" if finite else "loss", blamed=blamed)
            else:
                self._stretches[task].seen += len(steps_N)
        for task in self._stretches.keys() - {*run.task_names, NOBODY}:
            found += self._close(task, run.first_step)  # it takes part no more
        self._found += sorted(found, key=lambda odd: odd.step)

    def write(self) -> None:
        """Record what was found; what cannot be stored now is kept for the next call.

        Raises:
            FenceLostError: the job is no longer this worker's.
            django.db.Error: the database is away.
        """
        if self._found:
            oddities_store(job=self._job, found=self._found)
            self._found = []

    def tell_end(self, last_step: int) -> None:
        """Record which stretches the job's last step leaves open; raises as `write`.

        Also one that is too short to be told, where there never was another step.
        """
        for task, stretch in self._stretches.items():
            odd = self._odd("barren_end", last_step, task)
            is_open = stretch.is_told or 0 < stretch.count == stretch.seen
            if is_open and odd not in self._found:  # as where a write is tried again
                self._found.append(odd)
        self.write()

    def _look(self, task: str, step: int, of: str, *, blamed: bool) -> list[OddLoss]:
        stretch = self._stretches[task]
        stretch.seen += 1
        if not blamed:
            return self._close(task, step)
        if stretch.count == 0:
            stretch.since, stretch.of = step, of
        stretch.count += 1
        if stretch.is_told or not stretch.lasts:
            return []
        stretch.is_told, stretch.told = True, stretch.told + 1
        return [self._odd("barren", step, task)]

    def _close(self, task: str, step: int) -> list[OddLoss]:
        stretch = self._stretches[task]
        found = [self._odd("barren_over", step, task)] if stretch.is_told else []
        stretch.count, stretch.is_told = 0, False
        return found

    def _odd(self, kind: str, step: int, task: str) -> OddLoss:
        stretch = self._stretches[task]
        is_joint = self._job.schedule == Job.Schedule.JOINT
        return OddLoss(
            kind, step, task, {"since": stretch.since, "of": stretch.of, "joint": is_joint}
        )


def _columns(
    run: LossRun, barren_S: NDArray[np.bool_]
) -> Iterator[tuple[str, NDArray[np.int64], NDArray[np.bool_], NDArray[np.bool_]]]:
    """Yield each task's name and steps, for which it is to blame and whose loss was finite."""
    steps_S = np.arange(run.first_step, run.last_step + 1)
    finite_ST = np.isfinite(run.values_ST[:, :-1])
    if run.present_ST is not None:
        for column, name in enumerate(run.task_names):
            rows_N = np.flatnonzero(run.present_ST[:, column])
            yield name, steps_S[rows_N], barren_S[rows_N], finite_ST[rows_N, column]
        return
    # What has no weight is no part of the total, and keeps no step from anything.
    blamed_ST = barren_S[:, None] & ~finite_ST & (np.asarray(run.weights) != 0)
    for column, name in enumerate(run.task_names):
        yield name, steps_S, blamed_ST[:, column], finite_ST[:, column]
    yield NOBODY, steps_S, barren_S & ~blamed_ST.any(axis=1), np.ones_like(barren_S)
