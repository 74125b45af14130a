"""Celery's entry points: ids in, nothing out, no decisions."""

import signal
from typing import Any

from celery import shared_task
from celery.signals import task_postrun, task_prerun

from trainer.live.publish import publish_flush

# The worker's rooms are imported late, in the worker: torch stays out of the web process.


@shared_task
def run_job(job_id: int) -> None:
    """Train one job."""
    from trainer.worker.run import job_run

    job_run(job_id)


@shared_task
def run_call(call_id: int) -> None:
    """Answer one question of the web side."""
    from trainer.worker.answer import call_answer

    call_answer(call_id)


@shared_task
def run_recipe(run_id: int) -> None:
    """Carry out one run of a recipe."""
    from trainer.worker.recipe_run import recipe_run

    recipe_run(run_id)


@task_prerun.connect
def end_when_told(**_: Any) -> None:
    """Let SIGTERM, which also follows when a time limit is over, end the process at once.

    Celery raises SystemExit instead, wherever the process is: a person's code may catch it, and
    else it looks like an error of that code. Its pool sets that handler as the last thing of a
    process's start.
    """
    signal.signal(signal.SIGTERM, signal.SIG_DFL)


@task_postrun.connect
def tell_the_rest(**_: Any) -> None:
    """Have the last messages out: the process ends with its task, and so the publisher does."""
    publish_flush()
