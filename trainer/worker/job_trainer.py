"""A job's trainer from its rows: its model, and the tasks that it has at its checkpoint."""

import torch

from acc.training.batch_feed import derived_seed
from acc.training.randomness import own_randomness, seed_all
from acc.training.schedule import Schedule
from acc.training.trainer import Trainer, TrainerConfig
from trainer.models import Job
from trainer.selectors.job_tasks import JobTask, job_tasks_in, job_tasks_planned
from trainer.selectors.loss_runs import loss_runs
from trainer.worker.build import dataset_build, model_build, task_build, task_class_find
from trainer.worker.summary import Summaries


def job_tasks(job: Job) -> list[JobTask]:
    """Return the tasks that a job begins with: its plan's, or those of its last checkpoint."""
    if job.checkpoint is None:
        return job_tasks_planned(job)
    return job_tasks_in(job, job.checkpoint)


def trainer_build(job: Job, tasks: list[JobTask], device: torch.device) -> Trainer:
    """Return a trainer with a job's model and tasks, as new.

    Raises:
        TaskError, DatasetError, SourceLost, ValueError, TypeError: the plan cannot be built.
    """
    plan = job.plan
    # First, and apart: a file's text may draw or seed, and is run once in a process.
    with own_randomness(job.seed):
        for task in tasks:
            task_class_find(task.plan, task.sources)
    specs = {task.plan["dataset"]: task.dataset["spec"] for task in tasks}
    # Apart as well: where a dataset's file is gone, its generator makes it again.
    with own_randomness(job.seed):
        datasets = {name: dataset_build(name, spec) for name, spec in specs.items()}
    # Before the model is made, so that its first weights belong to the seed as well.
    seed_all(job.seed)
    model = model_build(plan["model"]["class_name"], plan["model"]["config"], plan["sources"])
    config = TrainerConfig(
        lr=job.lr,
        probe_lr=job.probe_lr,
        batch_size=job.batch_size,
        schedule=Schedule(job.schedule),
        seed=job.seed,
    )
    first = [
        task_build(task.plan, datasets[task.plan["dataset"]], model, task.sources)
        for task in tasks
        if task.joined_step is None
    ]
    trainer = Trainer(model, first, config, device)
    for task in tasks:
        if task.joined_step is not None:
            seed = joining_seed(job, task.plan["name"], task.joined_step)
            with own_randomness(seed):
                made = task_build(task.plan, datasets[task.plan["dataset"]], model, task.sources)
            trainer.add_task(made, seed=seed)
    for task in tasks:
        if task.is_aside:
            trainer.set_aside(task.plan["name"])
    return trainer


def joining_seed(job: Job, name: str, step: int) -> int:
    """Return what everything random about a task follows from that joins a job after a step."""
    return derived_seed(job.seed, f"join:{step}:{name}")


def summaries_build(job: Job, tasks: list[JobTask], trainer: Trainer) -> Summaries:
    """Return the figures of the points that are stored already."""
    summaries = Summaries()
    built = {**trainer.tasks, **trainer.aside}
    for task in tasks:
        name = task.plan["name"]
        summaries.declare(name, colour=task.plan["colour"], bounds=built[name].loss_bounds)
    for run in loss_runs(job):
        summaries.add(run)
    return summaries
