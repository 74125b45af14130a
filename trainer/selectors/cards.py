"""What only the cards of attached tasks show: what was asked of a job about each of them."""

from trainer.live.event_words import command_words, task_named
from trainer.models import Job, JobCommand

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


def command_news(command: JobCommand) -> str:
    """Return what became of a command about a task: asked, applied or refused."""
    words = command_words(command.kind, command.payload)
    if command.state == JobCommand.State.APPLIED:
        return f"{words}: applied at step {command.applied_step:,}"
    if command.state == JobCommand.State.REFUSED:
        return f"{words}: refused, {command.reason}"
    return f"{words}: asked"
