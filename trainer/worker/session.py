"""A claimed job in its process: the trainer, what records it and what steers it."""

import logging
import time

import torch
from django.conf import settings
from django.db import connection

from acc.training.state import adopt, capture, restore
from trainer.models import Checkpoint, Job, JobCommand
from trainer.services.commands import command_refused
from trainer.services.jobs import (
    FenceLostError,
    job_end,
    job_interrupt,
    job_running_announce,
    job_trouble,
)
from trainer.services.losses import losses_rewind, summaries_forget
from trainer.worker.building import job_tasks, summaries_build, trainer_build
from trainer.worker.checkpoint_store import (
    checkpoint_files_sweep,
    checkpoint_read,
    checkpoint_write,
)
from trainer.worker.control import Control
from trainer.worker.patience import persist
from trainer.worker.progress import Progress
from trainer.worker.recorder import Recorder
from trainer.worker.sources import device_choose
from trainer.worker.steering import Steering

logger = logging.getLogger("acc.worker")

SHUT_DOWN = "the trainer was stopped"


class Session:
    """A claimed job with everything that trains it."""

    def __init__(self, job: Job, control: Control) -> None:
        """Build the trainer and bring it to the job's last checkpoint.

        Raises:
            TaskError, DatasetError, SourceLost, ValueError, TypeError: the plan cannot be built.
            CheckpointDamagedError, StateMismatchError: the checkpoint cannot be used.
        """
        checkpoint_files_sweep()
        self.job = job
        self.device = device_choose(job.plan["device"])
        tasks = job_tasks(job)
        self.trainer = trainer_build(job, tasks, self.device)
        self.resumed = job.checkpoint is not None
        if job.checkpoint is not None:
            restore(self.trainer, checkpoint_read(job.checkpoint))
        elif job.start_checkpoint is not None:
            adopt(self.trainer, checkpoint_read(job.start_checkpoint))
        self._last_checkpoint = job.checkpoint or job.start_checkpoint
        first_step = self.trainer.step_count
        losses_rewind(job=job, last_step=first_step)
        summaries = summaries_build(job, tasks, self.trainer)
        # A task that joined after the checkpoint may not do so again.
        summaries_forget(job=job, but={row.task_name for row in summaries.rows()})
        self.recorder = Recorder(
            job=job,
            ring=self.trainer.ring,
            summaries=summaries,
            progress=Progress(
                label=f"{job.experiment.slug} job {job.pk}",
                total_steps=job.total_steps,
                first_step=first_step,
                seconds_before=job.active_seconds,
            ),
        )
        self.steering = Steering(job, self.trainer, control, self.recorder, save=self._save_asked)
        self._periodic_waits = False
        # Closed before it idles through the whole job: a database that restarts meanwhile would
        # be noticed only by the last write.
        connection.close()

    def train(self) -> None:
        """Do the job's steps until they are done or somebody ends it.

        Raises:
            FenceLostError: another worker has the job.
            Exception: whatever a task's code or the recorder raised; losses and a checkpoint of
                the last good step are stored.
        """
        job_running_announce(
            self.job,
            step=self.trainer.step_count,
            device=str(self.device),
            threads=torch.get_num_threads(),
            resumed=self.resumed or self.job.fence > 1,
        )
        self.recorder.start()
        self.steering.begin()
        began, first_step = time.monotonic(), self.trainer.step_count
        try:
            ended = self._steps()
        except FenceLostError:
            raise
        except (Exception, SystemExit):
            self._save_what_is_good()
            raise
        pace = {
            "steps": self.trainer.step_count - first_step,
            "seconds": round(time.monotonic() - began, 6),
        }
        self._finish(ended, pace)

    def _steps(self) -> Job.State:
        """Run the loop; return the state in which the job is to end."""
        trainer, steering, recorder = self.trainer, self.steering, self.recorder
        total_steps = self.job.total_steps
        next_checkpoint = time.monotonic() + settings.ACC_CHECKPOINT_SECONDS
        while trainer.step_count < total_steps:
            if steering.waiting:
                ended = steering.follow()
                if ended is not None:
                    return ended
            if time.monotonic() >= next_checkpoint:
                self._checkpoint(Checkpoint.Kind.PERIODIC)
                next_checkpoint = time.monotonic() + settings.ACC_CHECKPOINT_SECONDS
            trainer.step()
            if recorder.failure is not None:
                raise recorder.failure
        return Job.State.COMPLETED

    def _finish(self, ended: Job.State, pace: dict[str, float]) -> None:
        kinds = {
            Job.State.COMPLETED: Checkpoint.Kind.FINAL,
            Job.State.STOPPED: Checkpoint.Kind.STOP,
            Job.State.INTERRUPTED: Checkpoint.Kind.PERIODIC,
        }
        self._checkpoint(kinds[ended])
        self.recorder.end()
        step = self.trainer.step_count
        if ended == Job.State.INTERRUPTED:
            persist(lambda: job_interrupt(self.job, reason=SHUT_DOWN, step=step))
        else:
            persist(lambda: job_end(self.job, state=ended, step=step, detail=pace))
        logger.info("job %s is %s at step %s", self.job.pk, ended, f"{step:,}")

    def _save_what_is_good(self) -> None:
        """Store the losses and, where it can still be read, the state of the last good step."""
        try:
            self._checkpoint(Checkpoint.Kind.STOP)
            self.recorder.end()
        except Exception:
            # The error that ended the loop is the one to report; this one is in the log.
            logger.exception("job %s: its last state could not be saved", self.job.pk)
            self.recorder.stop()

    def _save_asked(self, command: JobCommand) -> None:
        self._checkpoint(Checkpoint.Kind.MANUAL, command)

    def _checkpoint(self, kind: Checkpoint.Kind, command: JobCommand | None = None) -> None:
        """Copy the state now; the recorder writes it once all losses before it are stored."""
        periodic = kind == Checkpoint.Kind.PERIODIC
        if periodic and self._periodic_waits:
            return  # a slow disk or an absent database must not pile up copies of the model
        if periodic:
            self._periodic_waits = True
        state = capture(self.trainer)

        def write() -> None:
            try:
                self._last_checkpoint = checkpoint_write(
                    job=self.job,
                    state=state,
                    kind=kind,
                    parent=_parent(self._last_checkpoint),
                    command=command,
                )
            except OSError as error:
                if not periodic and command is None:
                    raise
                # The next one may find room again; until then a crash costs more steps.
                reason, step = error.strerror or str(error), state.meta["step"]
                logger.warning("job %s: no checkpoint: %s", self.job.pk, reason)
                if command is None:
                    job_trouble(self.job, step=step, kind="no_checkpoint", reason=reason)
                else:
                    reason = f"the checkpoint could not be written: {reason}"
                    command_refused(command=command, step=step, reason=reason)
            if periodic:
                self._periodic_waits = False

        self.recorder.after_losses(write)


def _parent(last: Checkpoint | None) -> Checkpoint | None:
    """Return what the next checkpoint grows from; a periodic one is about to be replaced."""
    while last is not None and last.kind == Checkpoint.Kind.PERIODIC:
        last = last.parent
    return last
