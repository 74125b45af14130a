"""Finds the losses of a running job that are out of the ordinary, on the recorder's thread."""

import math
from collections import Counter, defaultdict

from acc.evaluation.spikes import Oddity, OddKind, SpikeDetector
from trainer.live.event_words import ODD_KINDS
from trainer.live.events import nonfinite_name
from trainer.models import Job
from trainer.selectors.loss_runs import TOTAL, LossRun, loss_runs, run_columns
from trainer.services.oddities import OddLoss, oddities_of, oddities_store

# Of one kind and task; a job that diverges must not fill its list of events.
MOST_LISTED = 20
# So much of the curve says what is usual, and whether a stretch is still open, after a restart.
STEPS_BEFORE = 4096


class OddityWatch:
    """Looks at every stored point once, and keeps what it finds until that is stored too."""

    def __init__(self, job: Job, *, last_step: int) -> None:
        """Go on where a job's stored points end, at `last_step`."""
        self._job = job
        self._found: list[OddLoss] = []
        self._listed: Counter[tuple[str, str]] = Counter()
        self._open: dict[tuple[str, str], int] = {}
        self._detectors: defaultdict[str, SpikeDetector] = defaultdict(SpikeDetector)
        for event in oddities_of(job, ODD_KINDS):
            task, kind = event.detail["task"], event.detail.get("of", event.kind)
            self._listed[task, kind] += event.kind != "settled"
            if event.kind == kind:
                self._open[task, kind] = event.step
            else:
                self._open.pop((task, kind), None)
        begin = last_step - STEPS_BEFORE
        opened: defaultdict[str, dict[OddKind, int]] = defaultdict(dict)
        for (task, kind), since in self._open.items():
            if since <= begin:
                opened[task][_odd_kind(kind)] = since
        for task, stretches in opened.items():
            self._detectors[task] = SpikeDetector(open_since=stretches)
        for run in loss_runs(job, after_step=max(0, begin)):
            for _ in self._look(run):
                pass  # told already, or beyond what is listed

    def add(self, run: LossRun) -> None:
        """Look at stored points, in order."""
        for task, odd in self._look(run):
            told = self._told(task, odd)
            if told is not None:
                self._found.append(told)

    def write(self) -> None:
        """Record what was found; what cannot be stored now is kept for the next call.

        Raises:
            FenceLostError: the job is no longer this worker's.
            django.db.Error: the database is away.
        """
        if self._found:
            oddities_store(job=self._job, found=self._found)
            self._found = []

    def _look(self, run: LossRun) -> list[tuple[str, Oddity]]:
        found = []
        for task, steps_N, losses_N in run_columns(run):
            if task != TOTAL:
                found += [(task, odd) for odd in self._detectors[task].look(steps_N, losses_N)]
        return sorted(found, key=lambda pair: pair[1].step)

    def _told(self, task: str, odd: Oddity) -> OddLoss | None:
        """Return an oddity as it is to be listed; None if it is not."""
        key = (task, odd.kind)
        if odd.ended:
            if self._open.pop(key, None) != odd.since:
                return None
            return OddLoss("settled", odd.step, task, {"of": odd.kind, "since": odd.since})
        self._listed[key] += 1
        if self._listed[key] > MOST_LISTED + 1:
            return None
        if self._listed[key] == MOST_LISTED + 1:
            return OddLoss("unlisted", odd.step, task, {"of": odd.kind})
        self._open[key] = odd.step
        value = odd.value if math.isfinite(odd.value) else nonfinite_name(odd.value)
        detail = {"value": value} | ({"usual": odd.usual} if odd.kind == "spike" else {})
        return OddLoss(odd.kind, odd.step, task, detail)


def _odd_kind(kind: str) -> OddKind:
    return "spike" if kind == "spike" else "nonfinite"
