"""Rows for tests, made the way the services make them, without any torch."""

import threading
from concurrent.futures import ThreadPoolExecutor

from django.db import connection

from trainer.models import Dataset, Experiment, Job
from trainer.services.datasets import dataset_register
from trainer.services.experiments import card_add, experiment_create
from trainer.services.jobs import job_claim, job_start
from trainer.services.workers import worker_name

FACTS = {
    "size": 100,
    "train_size": 85,
    "eval_size": 15,
    "image_shape": [1, 32, 32],
    "target_type": "classes",
    "num_classes": 10,
    "content_hash": "0" * 64,
}


def dataset_make(name: str = "digits", **facts: object) -> Dataset:
    """Return the row of a dataset that nobody builds."""
    spec = {"builtin": "digits", "image_size": 32}
    return dataset_register(name=name, kind="builtin", spec=spec, facts={**FACTS, **facts})


def experiment_make(slug: str = "small", tasks: tuple[str, ...] = ("recon", "digit")) -> Experiment:
    """Return an active experiment with tasks attached."""
    experiment = experiment_create(
        slug=slug, model_class="ConvVAE", model_config={}, model_info={"latent_dim": 8}
    )
    for name in tasks:
        card_add(
            experiment=experiment,
            name=name,
            class_name="ReconstructionTask",
            dataset=dataset_make(),
        )
    return experiment


def job_make(experiment: Experiment, steps: int = 100) -> Job:
    """Return a queued job."""
    return job_start(experiment=experiment, steps=steps)


def job_run_begin(experiment: Experiment, steps: int = 100) -> Job:
    """Return a job that this process holds."""
    job = job_claim(job_make(experiment, steps).pk, worker=worker_name())
    assert job is not None
    return job


def at_once(*functions):
    """Call functions in threads that begin together; return results and exceptions in order."""
    gate = threading.Barrier(len(functions))

    def call(function):
        gate.wait(timeout=10)
        try:
            return function()
        except Exception as error:  # noqa: BLE001  the test looks at it
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(len(functions)) as pool:
        return list(pool.map(call, functions))
