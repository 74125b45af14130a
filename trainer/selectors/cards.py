"""What only the cards of attached tasks show: what was asked of a job about each of them."""

import datetime

from django.utils import timezone

from trainer.live.event_words import command_done_words, command_words, task_named
from trainer.models import Experiment, Job, JobCommand, TaskCard

# Older commands than this are no news on any card.
COMMANDS_READ = 500


def commands_by_task(job: Job) -> dict[str, JobCommand]:
    """Return the newest command about each task of a job."""
    newest: dict[str, JobCommand] = {}
    for command in job.commands.order_by("-pk")[:COMMANDS_READ]:
        task = task_named(command.payload)
        if task:
            newest.setdefault(task, command)
    return newest


def cards_removed_lately(experiment: Experiment, *, seconds: float) -> list[TaskCard]:
    """Return the tasks removed within the last seconds whose names are still free, each once."""
    since = timezone.now() - datetime.timedelta(seconds=seconds)
    attached = experiment.task_cards.values("name")
    removed = TaskCard.with_removed.filter(experiment=experiment, removed_at__gt=since)
    newest = {card.name: card for card in removed.exclude(name__in=attached).order_by("removed_at")}
    return list(newest.values())


def command_news(command: JobCommand) -> str:
    """Return what became of a command about a task: asked, applied or refused."""
    if command.state == JobCommand.State.APPLIED:
        done = command_done_words(command.kind, command.payload)
        return f"{done} at step {command.applied_step:,}"
    words = command_words(command.kind, command.payload)
    if command.state == JobCommand.State.REFUSED:
        return f"{words}: refused, {command.reason}"
    if command.due_step is not None:
        return f"{words}: due at step {command.due_step:,}"
    return f"{words}: asked"
