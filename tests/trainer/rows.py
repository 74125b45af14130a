"""Rows for tests, made the way the services make them, without any torch."""

import datetime
import hashlib
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from django.db import connection
from django.utils import timezone

from trainer.models import Dataset, Experiment, Job
from trainer.services.card_add import card_add
from trainer.services.datasets import dataset_register
from trainer.services.experiments import experiment_create
from trainer.services.job_start import job_start
from trainer.services.jobs import job_claim
from trainer.services.registry import registry_store
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


TASK_CLASSES: dict[str, dict[str, Any]] = {
    "ClassificationTask": {"target_type": "classes", "decoder": False, "vae": False},
    "KLDivergenceTask": {"target_type": None, "decoder": False, "vae": True},
    "ReconstructionTask": {"target_type": None, "decoder": True, "vae": False},
    "RegressionTask": {"target_type": "float", "decoder": False, "vae": False},
}


def offer_make(class_name: str, **facts: Any) -> dict[str, Any]:
    """Return what a registry offers of a class that nobody runs."""
    text = facts.pop("source", f"class {class_name}: ...\n")
    return {
        "class_name": class_name,
        "module": class_name.lower(),
        "file": f"/tasks/{class_name.lower()}.py",
        "source": text,
        "source_sha256": hashlib.sha256(text.encode()).hexdigest(),
        "description": f"What {class_name} is for.",
        "parameters": [],
        "requires": {},
        "declares": {},
        **facts,
    }


def classes_make() -> None:
    """Put the classes on offer that the experiments of these tests are made of."""
    tasks = [offer_make(name, requires=needs) for name, needs in TASK_CLASSES.items()]
    registry_store(registry="tasks", offers=tasks, errors=[])
    registry_store(registry="models", offers=[offer_make("ConvVAE")], errors=[])


def dataset_make(name: str = "digits", **facts: object) -> Dataset:
    """Return the row of a dataset that nobody builds."""
    spec = {"builtin": "digits", "image_size": 32}
    return dataset_register(name=name, kind="builtin", spec=spec, facts={**FACTS, **facts})


def experiment_make(slug: str = "small", tasks: tuple[str, ...] = ("recon", "digit")) -> Experiment:
    """Return an active experiment with tasks attached."""
    classes_make()
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
    """Return a job that this process holds, with a lease that outlasts the test."""
    job = job_claim(job_make(experiment, steps).pk, worker=worker_name())
    assert job is not None
    job.lease_until = timezone.now() + datetime.timedelta(hours=1)
    job.save(update_fields=["lease_until"])
    return job


def at_once(*functions):
    """Call functions in threads that begin together; return results and exceptions in order."""
    gate = threading.Barrier(len(functions))

    def call(function):
        gate.wait(timeout=60)
        try:
            return function()
        except Exception as error:  # noqa: BLE001  the test looks at it
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(len(functions)) as pool:
        return list(pool.map(call, functions))
