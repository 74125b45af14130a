"""What a task that joins is made of, fetched on a thread of its own: the loop does not wait.

The text of its class is not run there: it may draw random numbers, which the loop draws as well.
"""

import ast
import importlib
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

import torch
from django.db import connection

from acc.dataset import AccDataset
from acc.raised import code_errors
from trainer.models import JobCommand, Registry
from trainer.selectors.job_tasks import JobTask
from trainer.worker.build import dataset_build
from trainer.worker.classes import ClassText, class_text


@dataclass(frozen=True)
class TaskParts:
    """The text of a task's class, and its dataset on the device that trains."""

    class_text: ClassText
    dataset: AccDataset


@dataclass(frozen=True)
class Fetched:
    """The answer of a thread: the parts for a command, or why there are none."""

    command: JobCommand
    parts: TaskParts | None
    error: BaseException | None = None


def task_parts(task: JobTask, known: AccDataset | None, device: torch.device) -> TaskParts:
    """Return what a task is made of, and import what its class's text imports.

    Args:
        known: its dataset, where the job has it already.

    Raises:
        DatasetError, SourceLost: it cannot be had.
    """
    name = task.plan["dataset"]
    dataset = known or dataset_build(name, task.dataset["spec"]).to(device)
    found = class_text(task.sources, Registry.TASKS, task.plan["class_name"])
    _import_ahead(found.text)
    return TaskParts(found, dataset)


def _import_ahead(text: str) -> None:
    """Import what takes long: whoever runs the text then need not wait for it."""
    for node in ast.parse(text.removeprefix("\ufeff")).body:
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names = [node.module]
        for name in names:
            # Whoever runs the text meets the same error.
            with suppress(*code_errors()):
                importlib.import_module(name)


def task_parts_fetch(
    command: JobCommand, get: Callable[[], TaskParts], done: Callable[[Fetched], None]
) -> None:
    """Call `get` on another thread, and `done` there with what came of it."""

    def fetch() -> None:
        try:
            fetched = Fetched(command, get())
        except code_errors() as error:
            fetched = Fetched(command, None, error)
        finally:
            connection.close()
        done(fetched)

    threading.Thread(target=fetch, name=f"fetch-{command.pk}", daemon=True).start()
