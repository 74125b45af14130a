"""What a task that joins is made of, fetched on a thread of its own: the loop does not wait."""

import threading
from collections.abc import Callable
from dataclasses import dataclass

import torch
from django.db import connection

from acc.dataset import AccDataset
from acc.tasks.base import Task
from trainer.models import JobCommand
from trainer.selectors.job_tasks import JobTask
from trainer.worker.build import dataset_build, task_class_find


@dataclass(frozen=True)
class TaskParts:
    """A task's class, and its dataset on the device that trains."""

    task_class: type[Task]
    dataset: AccDataset


@dataclass(frozen=True)
class Fetched:
    """The answer of a thread: the parts for a command, or why there are none."""

    command: JobCommand
    parts: TaskParts | None
    error: BaseException | None = None


def task_parts(task: JobTask, known: AccDataset | None, device: torch.device) -> TaskParts:
    """Return what a task is made of.

    Args:
        known: its dataset, where the job has it already.

    Raises:
        DatasetError, SourceLost: it cannot be had.
        BaseException: whatever the class's own text raises.
    """
    name = task.plan["dataset"]
    dataset = known or dataset_build(name, task.dataset["spec"]).to(device)
    return TaskParts(task_class_find(task.plan, task.sources), dataset)


def task_parts_fetch(
    command: JobCommand, get: Callable[[], TaskParts], done: Callable[[Fetched], None]
) -> None:
    """Call `get` on another thread, and `done` there with what came of it."""

    def fetch() -> None:
        try:
            fetched = Fetched(command, get())
        except (Exception, SystemExit) as error:  # noqa: BLE001  a file's text may raise anything
            fetched = Fetched(command, None, error)
        finally:
            connection.close()
        done(fetched)

    threading.Thread(target=fetch, name=f"fetch-{command.pk}", daemon=True).start()
