"""What the panel of the active job needs, and the words beside the start button."""

import json
from typing import Any

from trainer.models import Experiment, Job
from trainer.selectors.checkpoints import checkpoint_current
from trainer.selectors.experiments import cards_enabled_count, cards_of
from trainer.selectors.job_tasks import job_has_task_to_train
from trainer.selectors.jobs import job_active, job_as_dict, job_is_stopping
from trainer.selectors.nodes import trainer_is_online


def start_text(experiment: Experiment) -> str:
    """Return in words from which weights a job would start now, or what it lacks."""
    if not cards_of(experiment):
        return "Add a task first: there is nothing to learn yet."
    if not cards_enabled_count(experiment):
        return "Switch a task on first, or add one: none would learn now."
    checkpoint = checkpoint_current(experiment)
    if checkpoint is None:
        return "Starts with new weights."
    job, job_step = checkpoint.job_id, checkpoint.job_step
    of_job = f" (job {job}, step {job_step:,})" if job else ""
    return f"Continues from model step {checkpoint.step:,}{of_job}."


def run_panel(experiment: Experiment) -> dict[str, Any]:
    """Return what `partials/run.html` and the start button with its note need."""
    job = job_active(experiment)
    return {
        "experiment": experiment,
        "run_job": job,
        "run_rests": job is not None
        and job.state == Job.State.PAUSED
        and not job_has_task_to_train(job),
        "run_record": json.dumps(job_as_dict(job) if job else None),
        "stopping": job is not None and job_is_stopping(job),
        "trainer_online": trainer_is_online(),
        "start_text": start_text(experiment),
    }
