"""An experiment on digits, ready to train."""

import pytest

from tests.setup.classes import shipped_classes_store
from trainer.models import Experiment, Job
from trainer.services.jobs import job_start
from trainer.worker.answers import dataset_load, model_create, task_add

TASKS = (
    {"name": "recon", "class_name": "ReconstructionTask", "weight": 1.0, "latent_slice": None},
    {"name": "kl", "class_name": "KLDivergenceTask", "weight": 0.001, "latent_slice": None},
    {"name": "digit", "class_name": "ClassificationTask", "weight": 0.1, "latent_slice": [0, 8]},
)


@pytest.fixture
def experiment(transactional_db: None) -> Experiment:
    """A small ConvVAE with three tasks on scikit-learn's digits."""
    shipped_classes_store()
    model_create({"class_name": "ConvVAE", "config": {"latent_dim": 8}, "experiment": "small"})
    dataset_load({"name": "digits", "image_size": 32})
    for task in TASKS:
        task_add({**task, "experiment": "small", "dataset": "digits", "params": {}})
    return Experiment.objects.get(slug="small")


@pytest.fixture
def queued_job(experiment: Experiment) -> Job:
    """A job of a few steps that waits for a worker."""
    return job_start(experiment=experiment, steps=12, batch_size=16, seed=5)
