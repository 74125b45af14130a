"""The demo experiment: handwritten digits that ship inside scikit-learn, three tasks, one job."""

from typing import Any

from django.db import transaction

from trainer.models import Experiment, Registry
from trainer.selectors.experiments import DEMO
from trainer.services.job_start import job_start
from trainer.services.sources import sources_of
from trainer.worker.answers import dataset_load, model_create, task_add

SLUG = "digits"
MODEL = "ConvVAE"
STEPS = 3000

TASKS: tuple[dict[str, Any], ...] = (
    {"name": "reconstruction", "class_name": "ReconstructionTask", "weight": 1.0},
    {"name": "kl", "class_name": "KLDivergenceTask", "weight": 0.0005},
    {"name": "digit", "class_name": "ClassificationTask", "weight": 0.1},
)


def demo_create(_: dict[str, Any]) -> dict[str, Any]:
    """Make the demo the way an operator would, and start its training."""
    dataset_load({"name": "digits", "image_size": 32})
    with transaction.atomic():  # a start that is ended in its first seconds leaves no half of it
        return _experiment_create()


def _experiment_create() -> dict[str, Any]:
    model_create({"class_name": MODEL, "config": {}, "experiment": SLUG})
    usual: dict[str, Any] = {
        "experiment": SLUG,
        "dataset": "digits",
        "latent_slice": None,
        "params": {},
    }
    for task in TASKS:
        classes = [(Registry.TASKS, task["class_name"]), (Registry.MODELS, MODEL)]
        task_add({**task, **usual, "stem": "", "sources": sources_of(classes)})
    job = job_start(experiment=Experiment.objects.get(slug=SLUG), steps=STEPS, by=DEMO)
    return {"experiment": SLUG, "job": job.pk}
