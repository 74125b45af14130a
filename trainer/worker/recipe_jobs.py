"""The jobs that a recipe trains: followed to their end, stopped with the run."""

import contextlib
import time

from acc.recipes.base import RecipeError
from trainer.models import Job, RecipeRun
from trainer.services.commands import job_stop, job_wait_end
from trainer.services.jobs import JobConflict
from trainer.services.recipe_life import recipe_announce
from trainer.worker.recipe_hold import RecipeHold, RecipeStopped

LOOK_SECONDS = 0.1
# Open pages hear so often how far the steps are.
TELL_SECONDS = 2.0


def job_follow(run: RecipeRun, job: Job, hold: RecipeHold) -> int:
    """Wait for a job's end and return its number.

    Raises:
        RecipeError: it did not do all of its steps.
        RecipeStopped: the run is to stop; so was its job, and it is at its end.
        RecipeLeft, FenceLostError: the run goes on elsewhere, and the job by itself.
    """
    told = time.monotonic()
    while job.is_active:
        try:
            hold.check()
        except RecipeStopped:
            run.refresh_from_db(fields=["stop_asked_by"])
            job_leave(job, by=run.stop_asked_by, why=f"recipe run {run.pk} was stopped")
            raise
        if time.monotonic() - told >= TELL_SECONDS:
            told = time.monotonic()
            recipe_announce(run)
        hold.wait(LOOK_SECONDS)
        job.refresh_from_db(fields=["state", "error", "current_step"])
    if job.state != Job.State.COMPLETED:
        told_error = f": {job.error}" if job.error else f" at step {job.current_step}"
        raise RecipeError(f"job {job.pk} ended {job.state}{told_error}")
    return job.pk


def job_leave(job: Job, *, by: str, why: str) -> None:
    """Stop a job and wait until it is at its end."""
    # In conflict only with its own end, which is what is wanted.
    with contextlib.suppress(JobConflict):
        job_stop(job=job, by=by, why=why)
    while job.is_active:
        job_wait_end(job)
