"""Finds what a URL names, or says that there is none."""

from typing import Annotated

from ninja import Query
from ninja.errors import HttpError

from trainer.models import Checkpoint, Dataset, Experiment, Job, TaskCard
from trainer.selectors.checkpoints import checkpoint_get
from trainer.selectors.datasets import dataset_get
from trainer.selectors.experiments import card_of, experiment_get
from trainer.selectors.jobs import job_active, job_get
from trainer.services.jobs import JobConflict

ExperimentSlug = Annotated[
    str | None, Query(description="Slug of the experiment; without it the active one.")
]


def experiment_found(slug: str | None) -> Experiment:
    """Return the experiment that is meant."""
    experiment = experiment_get(slug)
    if experiment is not None:
        return experiment
    if slug:
        raise HttpError(404, f"there is no experiment '{slug}'")
    raise HttpError(404, "there is no experiment yet; make one with POST /model/create")


def experiment_listed(slug: str | None) -> Experiment | None:
    """Return the experiment whose rows are to be listed; None where none was made yet."""
    return experiment_found(slug) if slug else experiment_get(None)


def job_found(job_id: int) -> Job:
    """Return a job of whichever experiment."""
    job = job_get(job_id)
    if job is None:
        raise HttpError(404, f"there is no job {job_id}")
    return job


def job_active_found(slug: str | None) -> Job:
    """Return the job of an experiment that is not at its end."""
    experiment = experiment_found(slug)
    job = job_active(experiment)
    if job is None:
        raise JobConflict(f"no job of experiment '{experiment.slug}' is in progress")
    return job


def card_found(slug: str | None, name: str) -> TaskCard:
    """Return a task attached to an experiment."""
    experiment = experiment_found(slug)
    card = card_of(experiment, name)
    if card is None:
        raise HttpError(
            404, f"no task named '{name}' is attached to experiment '{experiment.slug}'"
        )
    return card


def checkpoint_found(slug: str | None, checkpoint_id: int) -> Checkpoint:
    """Return a stored state of an experiment."""
    experiment = experiment_found(slug)
    row = checkpoint_get(checkpoint_id) if 0 < checkpoint_id < 2**63 else None
    if row is None or row.experiment_id != experiment.pk:
        raise HttpError(404, f"experiment '{experiment.slug}' has no checkpoint {checkpoint_id}")
    return row


def dataset_found(name: str) -> Dataset:
    """Return a dataset on offer."""
    dataset = dataset_get(name)
    if dataset is None:
        raise HttpError(404, f"there is no dataset '{name}'; GET /datasets lists them")
    return dataset
