"""Which tasks a job has: those that it was started with, and what commands made of them since."""

from dataclasses import dataclass, replace
from typing import Any

from trainer.models import Checkpoint, Job, JobCommand
from trainer.selectors.commands import commands_applied, commands_held_by


@dataclass(frozen=True)
class JobTask:
    """One task of a job, as plain data that any worker can build it from.

    Attributes:
        plan: as `trainer.services.plan.task_plan` gives it.
        dataset: kind, spec and content_hash of its dataset.
        sources: where its class comes from.
        joined_step: the last step done before it joined; None if the job began with it.
        is_aside: removed, with all kept that would bring it back.
    """

    plan: dict[str, Any]
    dataset: dict[str, Any]
    sources: list[dict[str, str]]
    joined_step: int | None = None
    is_aside: bool = False


def job_tasks_planned(job: Job) -> list[JobTask]:
    """Return the tasks that a job was started with."""
    plan = job.plan
    return [
        JobTask(task, plan["datasets"][task["dataset"]], plan["sources"]) for task in plan["tasks"]
    ]


def job_tasks_in(job: Job, checkpoint: Checkpoint) -> list[JobTask]:
    """Return the tasks that a job had when a checkpoint's state was copied, in their order.

    Weights, and which are enabled, are those of the beginning: the state says what became of them.
    """
    tasks = {task.plan["name"]: task for task in job_tasks_planned(job)}
    for command in commands_held_by(job, checkpoint):
        name = command.payload.get("task")
        if command.kind == "add_task":
            tasks.pop(name, None)
            tasks[name] = job_task_added(command)
        elif command.kind in {"remove_task", "restore_task"}:
            tasks[name] = replace(tasks[name], is_aside=command.kind == "remove_task")
    return list(tasks.values())


def job_tasks_joined(job: Job) -> list[JobTask]:
    """Return the tasks that joined a job while it ran, in that order; some may be gone since."""
    return [job_task_added(command) for command in commands_applied(job).filter(kind="add_task")]


def job_task_added(command: JobCommand) -> JobTask:
    """Return the task of an `add_task` that took effect, or is about to."""
    payload = command.payload
    return JobTask(
        payload["plan"], payload["dataset"], payload["sources"], joined_step=command.applied_step
    )


def job_has_task_to_train(job: Job) -> bool:
    """Return whether a job in progress can do a step, as the cards say it; else it rests."""
    cards = job.experiment.task_cards.filter(enabled=True, name__in=job_task_names(job))
    if job.schedule == Job.Schedule.WEIGHTED:
        cards = cards.filter(weight__gt=0)
    return cards.exists()


def job_task_names(job: Job) -> set[str]:
    """Return the names of the tasks that a job has, had, or is about to get."""
    added = JobCommand.objects.filter(job=job, kind="add_task").exclude(
        state=JobCommand.State.REFUSED
    )
    names = {task["name"] for task in job.plan["tasks"]}
    return names | {payload["task"] for payload in added.values_list("payload", flat=True)}
