"""Celery's entry points: ids in, nothing out, no decisions."""

from typing import Any

from celery import shared_task
from celery.signals import task_postrun

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


@task_postrun.connect
def tell_the_rest(**_: Any) -> None:
    """Have the last messages out: the process ends with its task, and so the publisher does."""
    publish_flush()
