"""Experiments and jobs in the database, without any torch."""

import pytest

from tests.trainer.rows import experiment_make, job_make, job_run_begin
from trainer.models import Experiment, Job


@pytest.fixture
def experiment(db: None) -> Experiment:
    """An active experiment with two tasks."""
    return experiment_make()


@pytest.fixture
def queued(experiment: Experiment) -> Job:
    """A job that waits for a worker."""
    return job_make(experiment)


@pytest.fixture
def running(experiment: Experiment) -> Job:
    """A job that this process holds."""
    return job_run_begin(experiment)
