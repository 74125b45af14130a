"""An experiment on digits, ready to train."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.setup.classes import shipped_classes_store
from tests.trainer.worker.recipes import others_at_work
from trainer.models import Experiment, Job, Registry
from trainer.services.job_start import job_start
from trainer.services.sources import sources_of
from trainer.worker import stop_flag
from trainer.worker.answers import dataset_load, model_create, task_add

TASKS: tuple[dict[str, Any], ...] = (
    {"name": "recon", "class_name": "ReconstructionTask", "weight": 1.0, "latent_slice": None},
    {"name": "kl", "class_name": "KLDivergenceTask", "weight": 0.001, "latent_slice": None},
    {"name": "digit", "class_name": "ClassificationTask", "weight": 0.1, "latent_slice": [0, 8]},
)


def task_attach_now(
    *, name: str, class_name: str, dataset: str = "digits", **chosen: Any
) -> dict[str, Any]:
    """Attach a task as the eval worker does when it is asked to."""
    classes = [(Registry.TASKS, class_name), (Registry.MODELS, "ConvVAE")]
    return task_add(
        {
            "experiment": "small",
            "name": name,
            "stem": "",
            "class_name": class_name,
            "dataset": dataset,
            "weight": 1.0,
            "latent_slice": None,
            "params": {},
            "sources": sources_of(classes),
            **chosen,
        }
    )


@pytest.fixture
def experiment(transactional_db: None) -> Experiment:
    """A small ConvVAE with three tasks on scikit-learn's digits."""
    shipped_classes_store()
    model_create({"class_name": "ConvVAE", "config": {"latent_dim": 8}, "experiment": "small"})
    dataset_load({"name": "digits", "image_size": 32})
    for task in TASKS:
        task_attach_now(**task)
    return Experiment.objects.get(slug="small")


@pytest.fixture
def queued_job(experiment: Experiment) -> Job:
    """A job of a few steps that waits for a worker."""
    return job_start(experiment=experiment, steps=12, batch_size=16, seed=5)


@pytest.fixture
def shut_down() -> Iterator[Callable[[], None]]:
    """A way to ask the worker to end; taken back afterwards."""
    yield stop_flag.request_stop
    stop_flag._flag[0] = 0


@pytest.fixture
def others(transactional_db: None) -> Iterator[None]:
    """The train and the eval worker."""
    with others_at_work():
        yield
