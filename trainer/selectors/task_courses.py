"""What a job's settings became while it ran: those of its tasks, and its learning rates."""

from dataclasses import dataclass, field
from typing import Any

from trainer.live.event_words import ARROW, change_words, task_named
from trainer.models import Job, JobEvent
from trainer.selectors.job_tasks import job_task_added

_CHANGES = ("set_weight", "set_enabled", "remove_task", "restore_task")


@dataclass
class TaskCourse:
    """One task that a job trained, from the job's start or from when it joined.

    Attributes:
        plan: as the job was started with it, or as it joined.
        joined_step: the last step done before it joined; None if the job began with it.
        changes: what became of it after that, in order: "weight 1 → 2 at step 1,204".
        enabled: whether it was, after the last change.
        is_aside: whether it was removed, after the last change.
    """

    plan: dict[str, Any]
    joined_step: int | None = None
    changes: list[str] = field(default_factory=list)
    enabled: bool = True
    is_aside: bool = False

    @property
    def name(self) -> str:
        """What the task is called."""
        return str(self.plan["name"])


def task_courses(job: Job, *, to_step: int | None = None) -> list[TaskCourse]:
    """Return every task that a job had, also those that it no longer has, in order.

    A name stands twice where a removed task made room for another of its name.

    Args:
        to_step: leave out what happened after this step.
    """
    plan = job.plan if isinstance(job.plan, dict) else {}
    courses = [_course(task) for task in plan.get("tasks") or []]
    newest = {course.name: course for course in courses}
    for event in _events(job, to_step):
        name = task_named(event.detail)
        if event.kind == "add_task":
            if event.command is not None:
                added = job_task_added(event.command)
                newest[name] = _course(added.plan, added.joined_step)
                courses.append(newest[name])
        elif name in newest:
            _apply(event, newest[name])
    return courses


def tasks_in_training(job: Job, *, at_step: int) -> set[str]:
    """Return the names of the tasks that a job had at a step and that were enabled then."""
    newest = {course.name: course for course in task_courses(job, to_step=at_step)}
    return {name for name, one in newest.items() if one.enabled and not one.is_aside}


def rate_courses(job: Job) -> dict[str, str]:
    """Return the learning rates `lr` and `probe_lr`, with their changes: "0.1 → 0.01 at step 5"."""
    words = {name: f"{getattr(job, name):g}" for name in ("lr", "probe_lr")}
    for event in job.events.filter(kind="set_lr").order_by("step", "pk"):
        for name in words:
            new = event.detail.get(name)
            if new is not None and new != event.detail.get(f"old_{name}"):
                words[name] += f" {ARROW} {new:g} at step {event.step:,}"
    return words


def _course(plan: dict[str, Any], joined_step: int | None = None) -> TaskCourse:
    return TaskCourse(plan, joined_step, enabled=plan.get("enabled", True))


def _events(job: Job, to_step: int | None) -> list[JobEvent]:
    """Return what happened to a job's tasks, by steps.

    After a crash something may take effect at steps that had been done before.
    """
    events = job.events.filter(kind__in=(*_CHANGES, "add_task")).select_related("command")
    if to_step is not None:
        events = events.filter(step__lte=to_step)
    return list(events.order_by("step", "pk"))


def _apply(event: JobEvent, course: TaskCourse) -> None:
    detail = event.detail
    if "new" in detail and detail["new"] == detail.get("old"):
        return  # asked for what was so already
    if event.kind == "set_enabled":
        course.enabled = detail["new"]
    elif event.kind in {"remove_task", "restore_task"}:
        course.is_aside = event.kind == "remove_task"
    course.changes.append(f"{change_words(event.kind, detail)} at step {event.step:,}")
