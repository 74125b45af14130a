"""What the panel of a job's curves needs."""

import json
from typing import Any

from dashboard.curve_facts import curve_facts
from dashboard.requests import PageMissing, number_asked
from trainer.models import Experiment, Job
from trainer.selectors.events import story_of
from trainer.selectors.experiments import cards_of
from trainer.selectors.jobs import job_colours, job_current, jobs_of


def curves_panel(experiment: Experiment, job_asked: str | None) -> dict[str, Any]:
    """Return what `partials/loss_curves.html` needs: for the asked job, else the current one.

    Raises:
        PageMissing: the asked job is not one of the experiment's.
    """
    job = job_current(experiment)
    if job_asked:
        job = _job_asked(experiment, job_asked)
    colours = {card.name: card.colour for card in cards_of(experiment)}
    if job is not None:
        colours |= job_colours(job)
    return {
        "experiment": experiment,
        "curves_job": job,
        "curves_colours": json.dumps(colours),
        **(curve_facts(job) if job else {}),
        "happenings": story_of(job)[::-1] if job else [],
    }


def _job_asked(experiment: Experiment, asked: str) -> Job:
    number = number_asked(asked)
    job = None if number is None else jobs_of(experiment).filter(pk=number).first()
    if job is None:
        name = f"'{asked}'" if number is None else asked
        raise PageMissing(f"there is no job {name} in experiment '{experiment.slug}'")
    return job
