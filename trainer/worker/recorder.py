"""The thread that stores what the loop leaves behind: losses, answers to commands, checkpoints."""

import logging
import threading
import time
from collections.abc import Callable
from queue import Empty, SimpleQueue

from django.db import close_old_connections, connection, transaction

from acc.training.loss_ring import LossRing
from trainer.live.events import loss_message
from trainer.models import Job, LossSegment
from trainer.selectors.loss_runs import LossRun
from trainer.services.announce import announce_about_job
from trainer.services.durability import commits_need_not_wait
from trainer.services.jobs import FenceLostError, job_held
from trainer.services.loss_levels import LevelWriter
from trainer.services.losses import (
    losses_append,
    losses_merge,
    losses_rewind,
    summaries_store,
)
from trainer.worker.barren_watch import BarrenWatch
from trainer.worker.oddity_watch import OddityWatch
from trainer.worker.patience import AWAY, persist
from trainer.worker.progress import Progress
from trainer.worker.summary import Summaries

logger = logging.getLogger("acc.worker")

FLUSH_SECONDS = 0.1
SUMMARY_SECONDS = 1.0
# Small segments are merged into rows of about this many steps.
SEGMENT_STEPS = 4096
MESSAGE_STEPS = 500


class Recorder(threading.Thread):
    """Stores losses about ten times a second, in order, behind a loop that never waits.

    Whatever else has to be written about a step is handed over with `after_losses` and is written
    after the losses of all steps before it, and their summaries, so that no checkpoint is ever
    ahead of its curve.
    """

    def __init__(
        self, *, job: Job, ring: LossRing, summaries: Summaries, progress: Progress
    ) -> None:
        """Prepare to record one claimed job; the thread begins with `start`."""
        super().__init__(name=f"recorder-{job.pk}", daemon=True)
        self.failure: Exception | None = None
        self._job = job
        self._ring = ring
        self.summaries = summaries
        self.progress = progress
        self._looks: list[Callable[[], object]] = []
        self._handed: SimpleQueue[Callable[[], object]] = SimpleQueue()
        self._waiting: list[Callable[[], object]] = []
        self._unsaved: list[LossRun] = []
        self._small: list[LossSegment] = []
        self._to_merge: list[list[LossSegment]] = []
        self._levels = LevelWriter(job)
        self._oddities = OddityWatch(job, last_step=progress.step)
        self.barren = BarrenWatch(job, last_step=progress.step)
        self._in_doubt = False
        self._next_summary = 0.0
        self._ended = threading.Event()

    def after_losses(self, write: Callable[[], object]) -> None:
        """Have something written once the losses of all steps so far are stored."""
        self._handed.put(write)

    def look_often(self, look: Callable[[], object]) -> None:
        """Have something looked up in the database with every flush; before the thread begins."""
        self._looks.append(look)

    def end(self) -> None:
        """Store everything that is left and wait for it.

        Raises:
            Exception: what kept the recorder from its work.
        """
        self.stop()
        if self.failure is not None:
            raise self.failure

    def stop(self) -> None:
        """End the thread without asking what became of it."""
        self._ended.set()
        self.join()

    def run(self) -> None:
        """Record until `end`."""
        try:
            while not self._ended.wait(FLUSH_SECONDS):
                self._flush_or_keep()
            persist(self.flush)
            self._end_small()
            persist(self._merge)
        except Exception as error:  # noqa: BLE001  handed to the loop's thread, which raises it
            self.failure = error
        finally:
            connection.close()

    def flush(self) -> None:
        """Store what the ring holds, then announce it: rows first, the message second."""
        # Taken before the ring is drained: then all losses up to them are in the drain.
        self._take_handed()
        for drained in self._ring.drain():
            run = LossRun(
                drained.first_step,
                drained.layout.task_names,
                drained.layout.weights,
                drained.values_ST,
                drained.present_ST,
            )
            self._unsaved.append(run)
            self.barren.add(run, drained.barren_S)
        with commits_need_not_wait():
            if self._unsaved:
                self._store(self._unsaved)
            self._oddities.write()
            self.barren.write()
            self._levels.write()
            self._merge()
            now = time.monotonic()
            is_due = now >= self._next_summary or self._ended.is_set()
            # What is handed over may read them, as a checkpoint does for its tasks' health.
            if is_due or self._waiting:
                summaries_store(job=self._job, summaries=self.summaries.rows())
            if is_due:
                self._next_summary = now + SUMMARY_SECONDS
                self.progress.say(self.summaries.latest())
        while self._waiting:
            self._waiting[0]()
            self._waiting.pop(0)
        for look in self._looks:
            look()

    def _flush_or_keep(self) -> None:
        try:
            self.flush()
        except AWAY as error:
            # Nothing is lost: the runs stay here until the database answers again.
            logger.warning("job %s: losses wait for the database: %s", self._job.pk, error)
            close_old_connections()

    def _take_handed(self) -> None:
        try:
            while True:
                self._waiting.append(self._handed.get_nowait())
        except Empty:
            return

    def _store(self, runs: list[LossRun]) -> None:
        last_step = runs[-1].last_step
        self.progress.reached(last_step)
        segments = []
        with transaction.atomic():
            if self._in_doubt:
                # The last commit may have succeeded although its answer was lost.
                losses_rewind(job=self._job, last_step=runs[0].first_step - 1)
            self._in_doubt = True
            held = job_held(self._job).update(
                current_step=last_step,
                active_seconds=self.progress.active_seconds,
                steps_per_second=self.progress.steps_per_second,
            )
            if not held:
                raise FenceLostError(f"job {self._job.pk} was taken from {self._job.worker}")
            for run in runs:
                segments.append(losses_append(job=self._job, run=run))
                self._announce(run)
        # After the commit: a flush that failed is tried again, and must not count twice. So nothing
        # from here to the end may ask the database.
        self._in_doubt = False
        self._unsaved = []
        for run, segment in zip(runs, segments, strict=True):
            self.summaries.add(run)
            self._levels.add(run)
            self._oddities.add(run)
            self._keep_small(segment)

    def _announce(self, run: LossRun) -> None:
        for start in range(run.first_step, run.last_step + 1, MESSAGE_STEPS):
            part = run.between(start, start + MESSAGE_STEPS - 1)
            announce_about_job(
                job_id=self._job.pk,
                experiment=self._job.experiment,
                build=lambda seq, part=part: loss_message(  # type: ignore[misc]
                    job_id=self._job.pk,
                    seq=seq,
                    first_step=part.first_step,
                    task_names=part.task_names,
                    weights=part.weights,
                    values_ST=part.values_ST,
                    present_ST=part.present_ST,
                ),
            )

    def _keep_small(self, segment: LossSegment) -> None:
        """Remember a segment for merging, with those that it continues."""
        if self._small and (self._small[-1].task_names, self._small[-1].weights) != (
            segment.task_names,
            segment.weights,
        ):
            self._end_small()
        self._small.append(segment)
        if sum(small.step_count for small in self._small) >= SEGMENT_STEPS:
            self._end_small()

    def _end_small(self) -> None:
        if len(self._small) > 1:
            self._to_merge.append(self._small)
        self._small = []

    def _merge(self) -> None:
        while self._to_merge:
            losses_merge(job=self._job, segments=self._to_merge[0])
            self._to_merge.pop(0)
