"""What the operator asks of a running job, applied between two steps by the loop's own thread."""

from collections import deque
from collections.abc import Callable
from typing import Any

from django.db.models import Q

from acc.training.trainer import Trainer
from trainer.models import Job, JobCommand
from trainer.services.commands import command_applied, command_refused
from trainer.services.jobs import FenceLostError, job_pause_set
from trainer.worker.control import Control, Order
from trainer.worker.recorder import Recorder

# A paused loop wakes this often by itself, to see whether the recorder is still well.
PAUSE_SECONDS = 0.5


class Steering:
    """Applies commands to a trainer, in order, each once.

    After a crash, commands that had taken effect after the checkpoint are repeated at the very
    steps at which they did, so that the replay gives the same curve.
    """

    def __init__(self, job: Job, trainer: Trainer, control: Control, recorder: Recorder) -> None:
        """Steer one claimed job."""
        self.paused = _was_paused(job)
        self._job = job
        self._trainer = trainer
        self._control = control
        self._recorder = recorder
        self._ended: Job.State | None = None
        self._to_repeat = deque(_commands_after(job))
        self._verbs: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
            "stop": self._stop,
            "pause": self._pause,
            "resume": self._resume,
            "set_lr": self._set_lr,
            "set_weight": self._set_weight,
            "set_enabled": self._set_enabled,
        }

    def begin(self) -> None:
        """Show a job that was paused when its worker left as paused again."""
        if self.paused:
            self._recorder.after_losses(self._show_paused)

    @property
    def waiting(self) -> bool:
        """Whether `follow` has something to do before the next step."""
        return bool(self._control.inbox) or self.paused or self._repeat_is_due()

    def follow(self) -> Job.State | None:
        """Apply what is in the inbox; while paused, wait for more.

        Returns:
            The state in which the job is to end now; None to go on.

        Raises:
            FenceLostError: another worker has the job.
        """
        while True:
            while self._ended is None and self._repeat_is_due():
                self._apply(self._to_repeat.popleft())
            while self._ended is None and self._control.inbox:
                self._take(self._control.inbox.popleft())
            if self._ended is not None or not self.paused:
                return self._ended
            if self._recorder.failure is not None:
                raise self._recorder.failure
            self._control.wait_for_order(PAUSE_SECONDS)

    def _repeat_is_due(self) -> bool:
        if not self._to_repeat:
            return False
        return (self._to_repeat[0].applied_step or 0) <= self._trainer.step_count

    def _take(self, order: JobCommand | Order) -> None:
        if order is Order.ABANDON:
            raise FenceLostError(f"job {self._job.pk} was taken from {self._job.worker}")
        if order is Order.SHUT_DOWN:
            self._ended = Job.State.INTERRUPTED
        elif isinstance(order, JobCommand):
            self._apply(order)

    def _apply(self, command: JobCommand) -> None:
        step = self._trainer.step_count
        try:
            detail = self._verbs[command.kind](command.payload)
        except (KeyError, ValueError) as error:
            reason = str(error.args[0]) if error.args else type(error).__name__
            self._recorder.after_losses(
                lambda: command_refused(command=command, step=step, reason=reason)
            )
        else:
            self._recorder.after_losses(
                lambda: command_applied(command=command, step=step, detail=detail)
            )

    def _stop(self, _: dict[str, Any]) -> dict[str, Any]:
        self._ended = Job.State.STOPPED
        return {}

    def _pause(self, _: dict[str, Any]) -> dict[str, Any]:
        self.paused = True
        self._recorder.after_losses(self._show_paused)
        return {}

    def _resume(self, _: dict[str, Any]) -> dict[str, Any]:
        self.paused = False
        self._recorder.after_losses(self._show_running)
        return {}

    def _show_paused(self) -> None:
        self._recorder.progress.rest()
        job_pause_set(self._job, paused=True)

    def _show_running(self) -> None:
        self._recorder.progress.go_on()
        job_pause_set(self._job, paused=False)

    def _set_lr(self, payload: dict[str, Any]) -> dict[str, Any]:
        self._trainer.set_lr(lr=payload.get("lr"), probe_lr=payload.get("probe_lr"))
        return payload

    def _set_weight(self, payload: dict[str, Any]) -> dict[str, Any]:
        old = self._trainer.set_weight(payload["task"], payload["weight"])
        return {"task": payload["task"], "old": old, "new": payload["weight"]}

    def _set_enabled(self, payload: dict[str, Any]) -> dict[str, Any]:
        self._trainer.set_enabled(payload["task"], enabled=payload["enabled"])
        return {"task": payload["task"], "new": payload["enabled"]}


def _commands_after(job: Job) -> list[JobCommand]:
    """Return the commands whose effect the job's checkpoint does not hold.

    Without a checkpoint that is all of them; with one, those of later steps: at one step, commands
    are applied before the state is copied.
    """
    applied = JobCommand.objects.filter(job=job, state=JobCommand.State.APPLIED)
    if job.checkpoint is not None:
        # A stop is never done with: the job is still here, so it did not come to its end.
        applied = applied.filter(Q(applied_step__gt=job.checkpoint.job_step) | Q(kind="stop"))
    commands = list(applied)
    for command in commands:
        command.job = job  # with the fence of this claim
    return commands


def _was_paused(job: Job) -> bool:
    """Return whether the job's checkpoint was taken while it was paused."""
    if job.checkpoint is None:
        return False
    pauses = JobCommand.objects.filter(
        job=job,
        kind__in=("pause", "resume"),
        state=JobCommand.State.APPLIED,
        applied_step__lte=job.checkpoint.job_step,
    )
    last = pauses.last()
    return last is not None and last.kind == "pause"
