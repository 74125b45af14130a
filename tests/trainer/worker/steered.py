"""Jobs under way on another thread, and what was asked of them."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

from trainer.models import Job, JobCommand
from trainer.selectors.losses import loss_points
from trainer.services.jobs import job_requeue
from trainer.worker import stop_flag
from trainer.worker.run import job_run


@contextmanager
def running(job: Job) -> Iterator[threading.Thread]:
    """Train a job on another thread, as a worker would, and wait for its end."""

    def train() -> None:
        try:
            job_run(job.pk)
        finally:
            connection.close()

    thread = threading.Thread(target=train)
    thread.start()
    try:
        yield thread
    finally:
        thread.join(timeout=120)
        assert not thread.is_alive()


def applied(job: Job, kind: str, step: int, **payload: object) -> JobCommand:
    """Record a command as it stands after it took effect at a step."""
    return JobCommand.objects.create(
        job=job, kind=kind, payload=payload, state=JobCommand.State.APPLIED, applied_step=step
    )


def scheduled(job: Job, kind: str, step: int, **payload: object) -> JobCommand:
    """Ask for something at a step, as a repetition does."""
    return JobCommand.objects.create(job=job, kind=kind, payload=payload, due_step=step)


def curve(job: Job) -> list[tuple[object, ...]]:
    """Return every stored point of a job."""
    return [tuple(point.values()) for point in loss_points(job)]


def steps_of(job: Job, task: str) -> list[int]:
    """Return the steps in which a task took part."""
    return [point["step"] for point in loss_points(job) if point["task_name"] == task]


def answered(command: JobCommand) -> bool:
    """Return whether the job has answered."""
    command.refresh_from_db()
    return command.state != JobCommand.State.PENDING


def reached(job: Job, step: int) -> bool:
    """Return whether a job has stored a step."""
    return Job.objects.get(pk=job.pk).current_step >= step


def weights(job: Job, task: str) -> list[float]:
    """Return the recorded weight of a task, step by step."""
    return [p["weight"] for p in loss_points(job) if p["task_name"] == task]


def state_of(job: Job) -> str:
    """Return the state in the job's row now."""
    return str(Job.objects.values_list("state", flat=True).get(pk=job.pk))


def take_up_again(job: Job) -> None:
    """Queue an interrupted job for the next worker, whose flag is clear."""
    stop_flag._flag[0] = 0
    assert job_requeue(Job.objects.get(pk=job.pk))
