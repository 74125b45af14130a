"""What the operator asks of a running job, applied between two steps by the loop's own thread."""

from collections import deque
from collections.abc import Callable, Iterable
from typing import Any

from acc.raised import code_errors
from acc.training.trainer import Trainer
from trainer.models import Job, JobCommand
from trainer.selectors.commands import commands_scheduled
from trainer.services.card_refusals import card_command_refused
from trainer.services.commands import command_applied, command_refused
from trainer.services.job_start import STEERING
from trainer.services.jobs import (
    FenceLostError,
    job_eval_every_set,
    job_pause_set,
    job_rates_set,
)
from trainer.worker.control import Control, Order
from trainer.worker.error_sentence import error_sentence
from trainer.worker.eval_cadence import EvalCadence
from trainer.worker.recorder import Recorder
from trainer.worker.replay import SAVE, commands_to_repeat, was_paused, without_older
from trainer.worker.task_parts import Fetched, task_parts_fetch
from trainer.worker.task_steering import TaskSteering

# A paused loop wakes this often by itself, to see whether the recorder is still well.
PAUSE_SECONDS = 0.5
TASK_KINDS = tuple(kind for kind in STEERING if kind != "set_lr")


class Steering:
    """Applies commands to a trainer, each once, between two steps.

    Commands that change tasks or rates take effect in the order in which they were asked, with one
    exception: while a task that joins is still being fetched, only what concerns tasks waits for
    it; a pause, a stop or a learning rate does not.

    After a crash, commands that had taken effect after the checkpoint are repeated at the very
    steps at which they did, so that the replay gives the same curve; new ones that would change
    the curve wait for that. Of those that do not, such as a pause, the newest wish counts, and
    older ones are not repeated after it. A repetition of another job applies that one's at its
    steps.
    """

    def __init__(
        self,
        job: Job,
        trainer: Trainer,
        control: Control,
        recorder: Recorder,
        cadence: EvalCadence,
        *,
        save: Callable[[JobCommand], None],
    ) -> None:
        """Steer one claimed job; `save` writes a checkpoint and answers the command with it."""
        self.paused = was_paused(job)
        self._job = job
        self._trainer = trainer
        self._control = control
        self._recorder = recorder
        self._cadence = cadence
        self._save = save
        self._tasks = TaskSteering(job, trainer, recorder.summaries)
        self._shows_paused = False
        self._ended: Job.State | None = None
        self._to_repeat = deque(_claimed(job, commands_to_repeat(job)))
        self._scheduled = deque(_claimed(job, commands_scheduled(job)))
        self._fetching = False
        self._held: deque[JobCommand] = deque()
        self._verbs: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
            "stop": self._stop,
            "pause": self._pause,
            "resume": self._resume,
            "set_lr": self._set_lr,
            "set_eval_every": self._set_eval_every,
            **self._tasks.verbs,
        }

    def begin(self) -> None:
        """Show a job that was paused when its worker left as paused again."""
        self._show()

    @property
    def rests(self) -> bool:
        """Whether the job does no step: it is paused, or has no task left to train."""
        return self.paused or not self._trainer.can_step

    @property
    def waiting(self) -> bool:
        """Whether `follow` has something to do before the next step."""
        return (
            bool(self._control.inbox)
            or self._ended is not None
            or self.rests
            or self._is_due(self._to_repeat)
            or self._is_due(self._scheduled)
        )

    def follow(self) -> Job.State | None:
        """Apply what is in the inbox; while the job rests, wait for more.

        Returns:
            The state in which the job is to end now; None to go on.

        Raises:
            FenceLostError: another worker has the job.
            Exception: what had taken effect before a crash cannot be repeated.
        """
        while True:
            self.repeat()
            while self._ended is None and self._is_due(self._scheduled):
                self._apply_at_once(self._scheduled.popleft())
            while self._ended is None and self._control.inbox:
                self._take(self._control.inbox.popleft())
            if self._ended is not None or not self.rests:
                return self._ended
            if self._recorder.failure is not None:
                raise self._recorder.failure
            self._control.wait_for_order(PAUSE_SECONDS)

    def _is_due(self, commands: deque[JobCommand]) -> bool:
        return bool(commands) and _step_of(commands[0]) <= self._trainer.step_count

    def repeat(self) -> None:
        """Let what had taken effect up to this step before a crash take effect again.

        Raises:
            Exception: it cannot.
        """
        while self._ended is None and self._is_due(self._to_repeat):
            command = self._to_repeat.popleft()
            # What cannot be repeated ends the job: the curve would be another one.
            self._answer(command, self._effect(command))
            if not self._to_repeat:
                self._release()

    def _take(self, order: JobCommand | Order | Fetched) -> None:
        if order is Order.ABANDON:
            raise FenceLostError(f"job {self._job.pk} was taken from {self._job.worker}")
        if order is Order.SHUT_DOWN:
            self._ended = Job.State.INTERRUPTED
        elif isinstance(order, Fetched):
            self._join(order)
        elif isinstance(order, JobCommand):
            self._apply_or_hold(order)

    def _apply_or_hold(self, command: JobCommand) -> None:
        behind_replay = bool(self._to_repeat) and command.kind in STEERING
        behind_fetch = self._fetching and command.kind in TASK_KINDS
        if behind_replay or behind_fetch:
            self._held.append(command)
        elif command.kind == "add_task":
            self._fetching = True
            task_parts_fetch(command, lambda: self._tasks.parts(command), self._control.put)
        else:
            self._apply_at_once(command)

    def _release(self) -> None:
        """Look again at what waited, in order; some of it may have to wait on."""
        held, self._held = self._held, deque()
        for command in held:
            self._apply_or_hold(command)

    def _join(self, fetched: Fetched) -> None:
        self._fetching = False
        command = fetched.command
        try:
            if fetched.parts is None:
                raise fetched.error or RuntimeError("nothing was fetched")
            detail = self._tasks.join(command, fetched.parts)
        except code_errors() as error:
            self._refuse(command, error)
        else:
            self._answer(command, detail)
        self._release()

    def _apply_at_once(self, command: JobCommand) -> None:
        if command.kind == SAVE:
            self._save(command)
            return
        try:
            detail = self._effect(command)
        except code_errors() as error:
            self._refuse(command, error)
        else:
            self._answer(command, detail)
            self._forget_older_wishes(command)

    def _forget_older_wishes(self, command: JobCommand) -> None:
        """Repeat no more what a new command made void, such as a pause before a resumption."""
        if self._to_repeat:
            self._to_repeat = deque(without_older(self._to_repeat, command))
            if not self._to_repeat:
                self._release()

    def _effect(self, command: JobCommand) -> dict[str, Any]:
        """Let a command take effect now, though its data may have to be waited for."""
        if command.kind == "add_task":
            return self._tasks.join(command, self._tasks.parts(command))
        if command.kind not in self._verbs:
            raise ValueError(f"no job understands the command '{command.kind}'")
        return self._verbs[command.kind](command.payload)

    def _answer(self, command: JobCommand, detail: dict[str, Any]) -> None:
        self._show()  # first: whoever waits for the answer then sees the job's state
        step = self._trainer.step_count
        self._recorder.after_losses(
            lambda: command_applied(command=command, step=step, detail=detail)
        )

    def _refuse(self, command: JobCommand, error: BaseException) -> None:
        step = self._trainer.step_count
        reason = str(error) if isinstance(error, ValueError) else error_sentence(error)
        if command.kind not in TASK_KINDS:
            self._recorder.after_losses(
                lambda: command_refused(command=command, step=step, reason=reason)
            )
            return
        in_force = self._tasks.in_force(command.payload["task"])
        self._recorder.after_losses(
            lambda: card_command_refused(
                command=command, step=step, reason=reason, in_force=in_force
            )
        )

    def _stop(self, _: dict[str, Any]) -> dict[str, Any]:
        self._ended = Job.State.STOPPED
        return {}

    def _pause(self, _: dict[str, Any]) -> dict[str, Any]:
        self.paused = True
        return {}

    def _resume(self, _: dict[str, Any]) -> dict[str, Any]:
        if not self._trainer.can_step:
            raise ValueError(
                f"job {self._job.pk} has no task left to train; enable or add one, or give one a "
                "weight above 0"
            )
        self.paused = False
        return {}

    def _show(self) -> None:
        """Show the job as paused or running, where it has not been shown so yet."""
        if self.rests == self._shows_paused:
            return
        self._shows_paused = paused = self.rests
        progress = self._recorder.progress

        def show() -> None:
            progress.rest() if paused else progress.go_on()
            job_pause_set(self._job, paused=paused)

        self._recorder.after_losses(show)

    def _set_lr(self, payload: dict[str, Any]) -> dict[str, Any]:
        old = self._trainer.set_lr(lr=payload.get("lr"), probe_lr=payload.get("probe_lr"))
        rates = old | payload
        self._recorder.after_losses(lambda: job_rates_set(self._job, **rates))
        return payload | {f"old_{name}": old[name] for name in payload}

    def _set_eval_every(self, payload: dict[str, Any]) -> dict[str, Any]:
        old, every = self._cadence.every, payload["steps"]
        self._cadence.every = every
        self._recorder.after_losses(lambda: job_eval_every_set(self._job, every))
        return {"new": every, "old": old}


def _step_of(command: JobCommand) -> int:
    step = command.applied_step if command.due_step is None else command.due_step
    return step or 0


def _claimed(job: Job, commands: Iterable[JobCommand]) -> list[JobCommand]:
    """Return commands with the fence of this claim: an answer counts only while the job is ours."""
    found = list(commands)
    for command in found:
        command.job = job
    return found
