"""A claimed job in its process: the trainer, what records it and what steers it."""

import logging
import time

import torch
from django.conf import settings
from django.db import connection

from acc.raised import code_errors
from acc.training.state import TrainingState, adopt, capture, restore
from trainer.models import Checkpoint, Job, JobCommand
from trainer.services.commands import command_refused
from trainer.services.jobs import (
    FenceLostError,
    job_end,
    job_interrupt,
    job_running_announce,
    job_trouble,
)
from trainer.services.losses import losses_rewind, summaries_forget, summaries_store
from trainer.worker.checkpoint_store import checkpoint_read, checkpoint_write
from trainer.worker.control import Control
from trainer.worker.device_choice import device_choose
from trainer.worker.eval_cadence import EvalCadence
from trainer.worker.job_trainer import job_tasks, summaries_build, trainer_build
from trainer.worker.patience import persist, persist_on_disk
from trainer.worker.progress import Progress
from trainer.worker.recorder import Recorder
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
        self.job = job
        self.device = device_choose(job.plan["device"])
        tasks = job_tasks(job)
        self.trainer = trainer_build(job, tasks, self.device)
        self.resumed = job.checkpoint is not None
        # Now, since its row may be gone by the end.
        self._claimed_with = job.checkpoint and (job.checkpoint.kind, job.checkpoint.job_step)
        if job.checkpoint is not None:
            restore(self.trainer, _state_of(job.checkpoint))
        elif job.start_checkpoint is not None:
            adopt(self.trainer, _state_of(job.start_checkpoint))
        first_step = self.trainer.step_count
        losses_rewind(job=job, last_step=first_step)
        summaries = summaries_build(job, tasks, self.trainer)
        # A task that joined after the checkpoint may not do so again.
        summaries_forget(job=job, but={row.task_name for row in summaries.rows()})
        summaries_store(job=job, summaries=summaries.rows())
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
        self.cadence = EvalCadence(job)
        self.recorder.look_often(self.cadence.look)
        self.steering = Steering(
            job, self.trainer, control, self.recorder, self.cadence, save=self._save_asked
        )
        self._periodic_waits = False
        self._pulse = control.pulse
        self._pulse.follow(lambda: self.trainer.step_count)
        control.meter.follow(self.trainer, self.device)
        # Closed before it idles through the whole job: a database that restarts meanwhile would
        # be noticed only by the last write.
        connection.close()

    def train(self) -> None:
        """Do the job's steps until they are done or somebody ends it.

        Raises:
            FenceLostError: another worker has the job.
            Exception: whatever a task's code or the recorder raised; losses and, but for the very
                first one, a checkpoint of the last good step are stored.
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
        except code_errors():
            with self._pulse.elsewhere():
                self._save_what_is_good()
            raise
        pace = {
            "steps": self.trainer.step_count - first_step,
            "seconds": round(time.monotonic() - began, 6),
        }
        with self._pulse.elsewhere():
            self._finish(ended, pace)

    def _steps(self) -> Job.State:
        """Run the loop; return the state in which the job is to end."""
        trainer, steering, recorder = self.trainer, self.steering, self.recorder
        cadence = self.cadence
        total_steps = self.job.total_steps
        next_checkpoint = time.monotonic() + settings.ACC_CHECKPOINT_SECONDS
        while trainer.step_count < total_steps:
            if steering.waiting:
                with self._pulse.elsewhere():
                    ended = steering.follow()
                if ended is not None:
                    return ended
            if time.monotonic() >= next_checkpoint:
                with self._pulse.elsewhere():
                    self._checkpoint(Checkpoint.Kind.PERIODIC)
                next_checkpoint = time.monotonic() + settings.ACC_CHECKPOINT_SECONDS
            trainer.step()
            if trainer.step_count < total_steps and cadence.take(trainer.step_count):
                steering.repeat()  # a replay's state holds what the events up to it tell
                self._checkpoint(Checkpoint.Kind.EVAL)
            if recorder.failure is not None:
                raise recorder.failure
        return Job.State.COMPLETED

    def _finish(self, ended: Job.State, pace: dict[str, float]) -> None:
        kinds = {
            Job.State.COMPLETED: Checkpoint.Kind.FINAL,
            Job.State.STOPPED: Checkpoint.Kind.STOP,
            Job.State.INTERRUPTED: Checkpoint.Kind.PERIODIC,
        }
        if not self._has_its_last(kinds[ended]):
            self._checkpoint(kinds[ended])
        skipped, last_step = self.cadence.skipped(), self.trainer.step_count
        self.recorder.after_losses(lambda: self.cadence.tell(skipped, last_step))
        if ended != Job.State.INTERRUPTED:
            self.recorder.after_losses(lambda: self.recorder.barren.tell_end(last_step))
        self.recorder.end()
        step = self.trainer.step_count
        if ended == Job.State.INTERRUPTED:
            persist(lambda: job_interrupt(self.job, reason=SHUT_DOWN, step=step))
        else:
            persist(lambda: job_end(self.job, state=ended, step=step, detail=pace))
        logger.info("job %s is %s at step %s", self.job.pk, ended, f"{step:,}")

    def _has_its_last(self, kind: Checkpoint.Kind) -> bool:
        """Return whether the job has it already: a worker died between that and the job's end."""
        return self._claimed_with == (kind, self.trainer.step_count)

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
        kind = Checkpoint.Kind(command.payload.get("kind", Checkpoint.Kind.MANUAL))
        self._checkpoint(kind, command)

    def _checkpoint(self, kind: Checkpoint.Kind, command: JobCommand | None = None) -> None:
        """Copy the state now; the recorder writes it once all losses before it are stored.

        Before the first step there is none that the job did not find, unless somebody asks for it.
        """
        if command is None and self.trainer.step_count == 0:
            return
        periodic = kind == Checkpoint.Kind.PERIODIC
        for_eval = kind == Checkpoint.Kind.EVAL and command is None
        skipped = self.cadence.skipped() if for_eval else None
        if periodic and self._periodic_waits:
            return  # a slow disk or an absent database must not pile up copies of the model
        if periodic:
            self._periodic_waits = True
        # The last one of a job is worth waiting for; it has none to fall back on.
        is_last = not periodic and not for_eval and command is None
        state = capture(self.trainer)

        def store() -> Checkpoint:
            return checkpoint_write(
                job=self.job,
                state=state,
                kind=kind,
                command=command,
            )

        def write() -> None:
            try:
                persist_on_disk(store) if is_last else store()
            except OSError as error:
                if is_last:
                    raise
                # The next one may find room again; until then a crash costs more steps.
                reason, step = error.strerror or str(error), state.meta["step"]
                logger.warning("job %s: no checkpoint: %s", self.job.pk, reason)
                if command is None:
                    job_trouble(
                        self.job, step=step, kind="no_checkpoint", detail={"reason": reason}
                    )
                else:
                    reason = f"the checkpoint could not be written: {reason}"
                    command_refused(command=command, step=step, reason=reason)
            if periodic:
                self._periodic_waits = False
            if for_eval:
                self.cadence.tell(skipped, state.meta["step"])
                self.cadence.sent()

        self.recorder.after_losses(write)


def _state_of(checkpoint: Checkpoint) -> TrainingState:
    """Return a stored state; to fetch it from another machine needs room on this one's disk."""
    return persist_on_disk(lambda: checkpoint_read(checkpoint))
