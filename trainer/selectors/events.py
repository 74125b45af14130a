"""What happened to a job and what was asked of it, in one list, as pages and exports show it."""

from dataclasses import dataclass
from datetime import datetime

from trainer.live.event_words import command_words, event_words, is_unmarked, task_named
from trainer.models import Job, JobCommand, JobEvent


@dataclass(frozen=True)
class Happening:
    """An event at a step, or a command that led to none: still open, or refused unheard.

    Attributes:
        outcome: "done", "refused" or "asked".
        routine: the curves carry no mark for it.
        task: the task it is about; "" for none.
    """

    key: str
    step: int
    kind: str
    words: str
    outcome: str
    routine: bool
    task: str
    by: str
    why: str
    at: datetime


def story_of(job: Job) -> list[Happening]:
    """Return what happened to a job and what was asked of it, in order."""
    events = job.events.select_related("command").order_by("pk")
    unanswered = job.commands.filter(event=None).exclude(state=JobCommand.State.APPLIED)
    told = [_of_event(event) for event in events]
    told += [_of_command(command, job) for command in unanswered]
    return sorted(told, key=lambda happening: happening.at)


def _of_event(event: JobEvent) -> Happening:
    asked = event.command.payload if event.command else {}
    return Happening(
        key=f"event-{event.pk}",
        step=event.step,
        kind=event.kind,
        words=event_words(event.kind, event.detail, asked),
        outcome="refused" if event.kind == "refused" else "done",
        routine=is_unmarked(event.kind),
        task=task_named(event.detail) or task_named(asked),
        by=event.by,
        why=event.why,
        at=event.at,
    )


def _of_command(command: JobCommand, job: Job) -> Happening:
    detail = {"command": command.kind, "reason": command.reason}
    is_refused = command.state == JobCommand.State.REFUSED
    words = command_words(command.kind, command.payload)
    waits = "asked" if command.due_step is None else f"due at step {command.due_step:,}"
    about = f" of {task}" if (task := task_named(command.payload)) else ""
    return Happening(
        key=f"command-{command.pk}",
        step=job.current_step if command.applied_step is None else command.applied_step,
        kind=command.kind,
        words=event_words("refused", detail, command.payload)
        if is_refused
        else f"{words}{about} {waits}",
        outcome="refused" if is_refused else "asked",
        routine=True,
        task=task_named(command.payload),
        by=command.by,
        why=command.why,
        at=command.resolved_at or command.created_at,
    )
