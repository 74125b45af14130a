"""Changes to a running job's tasks: who takes part, with which weight, who comes and goes."""

from collections.abc import Callable
from functools import partial
from typing import Any

from acc.dataset import AccDataset
from acc.tasks.base import Task
from acc.training.randomness import own_randomness
from acc.training.rehearsal import rehearse
from acc.training.trainer import Trainer
from trainer.models import Job, JobCommand
from trainer.selectors.job_tasks import JobTask, job_task_added
from trainer.worker.build import task_class_load, task_make
from trainer.worker.job_trainer import joining_seed
from trainer.worker.summary import Summaries
from trainer.worker.task_parts import TaskParts, task_parts

Detail = dict[str, Any]


class TaskSteering:
    """Applies commands about tasks to a trainer; each method is one kind of command.

    All of them raise ValueError, in the operator's words, for what cannot be, and then nothing
    has changed. They return what the event is to say.
    """

    def __init__(self, job: Job, trainer: Trainer, summaries: Summaries) -> None:
        """Steer the tasks of one claimed job."""
        self._job = job
        self._trainer = trainer
        self._summaries = summaries
        self.verbs: dict[str, Callable[[dict[str, Any]], Detail]] = {
            "set_weight": self._set_weight,
            "set_enabled": self._set_enabled,
            "remove_task": self._remove,
            "restore_task": self._restore,
        }

    def in_force(self, name: str) -> dict[str, Any] | None:
        """Return a task's weight and whether it is enabled; None where the job has no such task."""
        task = self._trainer.tasks.get(name)
        return None if task is None else {"weight": task.weight, "enabled": task.enabled}

    def parts(self, command: JobCommand) -> TaskParts:
        """Return what a task that is to join is made of; raises as `task_parts`.

        Runs on another thread while the loop goes on: it looks, and changes nothing.
        """
        task = job_task_added(command)
        feed = self._trainer.feeds.get(task.plan["dataset"])
        return task_parts(task, feed.dataset if feed else None, self._trainer.device)

    def join(self, command: JobCommand, parts: TaskParts) -> Detail:
        """Attach a task of the parts between two steps.

        Raises:
            TaskError: its class does not load, it does not fit the model or its dataset, or has a
                wrong parameter.
            TaskStepError: it has no loss for a batch; the job would fail at its next step.
            Exception: whatever its code raises; nothing has changed.
        """
        task: JobTask = job_task_added(command)
        name = task.plan["name"]
        if name in self._trainer.tasks:
            raise ValueError(f"job {self._job.pk} trains a task named '{name}' already")
        seed = joining_seed(self._job, name, self._trainer.step_count)
        # First, and apart: a file's text may draw or seed, and is run once in a process.
        with own_randomness(seed):
            task_class = task_class_load(task.plan, parts.class_text)
        make = partial(self._made, task, task_class, parts.dataset, seed)
        rehearse(self._trainer, make(), seed=seed)
        made = make()
        self._trainer.add_task(made, seed=seed)
        self._summaries.declare(name, colour=task.plan["colour"], bounds=made.loss_bounds)
        told = ("class_name", "dataset", "weight", "enabled")
        return {"task": name, **{key: task.plan[key] for key in told}}

    def _made(self, task: JobTask, task_class: type[Task], dataset: AccDataset, seed: int) -> Task:
        with own_randomness(seed):
            return task_make(task_class, task.plan, dataset, self._trainer.model)

    def _set_weight(self, payload: dict[str, Any]) -> Detail:
        name, weight = self._trained(payload), payload["weight"]
        old = self._trainer.set_weight(name, weight)
        return {"task": name, "old": old, "new": weight}

    def _set_enabled(self, payload: dict[str, Any]) -> Detail:
        name, enabled = self._trained(payload), payload["enabled"]
        old = self._trainer.tasks[name].enabled
        self._trainer.set_enabled(name, enabled=enabled)
        return {"task": name, "old": old, "new": enabled}

    def _remove(self, payload: dict[str, Any]) -> Detail:
        name = self._trained(payload)
        self._trainer.set_aside(name)
        return {"task": name}

    def _restore(self, payload: dict[str, Any]) -> Detail:
        name = payload["task"]
        if name not in self._trainer.aside:
            raise ValueError(f"job {self._job.pk} has no removed task '{name}' to bring back")
        self._trainer.take_back(name)
        return {"task": name}

    def _trained(self, payload: dict[str, Any]) -> str:
        name: str = payload["task"]
        if name not in self._trainer.tasks:
            raise ValueError(f"job {self._job.pk} trains no task named '{name}'")
        return name
