"""The Celery application: hands wake-ups to the workers, holds no result and no truth."""

import gc
import os
from typing import Any

import django
from celery import Celery
from celery.concurrency.asynpool import AsynPool
from celery.signals import setup_logging, worker_init
from django.conf import settings

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "accsite.settings")

POOL_LOOK_SECONDS = 0.2
RECIPE = "recipe"  # the name of the worker that carries out recipes

app = Celery("accsite")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@setup_logging.connect
def leave_logging_alone(**_: Any) -> None:
    """Keep Django's logging: Celery sets up its own only where nobody listens here."""


@worker_init.connect
def warm_up(**_: Any) -> None:
    """Import the slow packages once, before the worker forks a process for each job.

    Imports and nothing more: a torch operation here would leave an OpenMP pool
    that does not survive the fork, and asking for CUDA would forbid it in the child.
    """
    django.setup()
    if settings.ACC_PROCESS == RECIPE:
        _import_for_recipes()
    else:
        _import_for_training()
    # Celery collects garbage before every fork, and what follows the fork would wait for it: in
    # the heap of torch for 0.4 s, where it is not set aside.
    gc.collect()
    gc.freeze()


@worker_init.connect
def end_with_parent(**_: Any) -> None:
    """Outlive no `up` or `runtrainer` for long, also where a warm shutdown hangs."""
    if settings.ACC_PROCESS:
        from trainer.processes.orphan import end_as_orphan

        end_as_orphan()


@worker_init.connect
def replace_processes_soon(**_: Any) -> None:
    """Have the pool look for ended processes often, not every five seconds.

    It also hears of an end through a pipe, but the pipe closes a moment before the process can be
    waited for: where that look comes too soon, the next job waits for the next one.
    """
    AsynPool.timers = property(lambda pool: {pool.maintain_pool: POOL_LOOK_SECONDS})


def _import_for_recipes() -> None:
    # It only asks the others, and starts sooner and smaller without torch.
    import trainer.worker.recipe_run
    import trainer.worker.stop_flag  # noqa: F401


def _import_for_training() -> None:
    # Else every job and every evaluation spends about two seconds of processor time on these:
    # the digits come with scikit-learn, and torch's optimizers import its compiler.
    import sklearn.datasets  # noqa: F401
    import torch._dynamo  # noqa: F401
    import torchmetrics.functional.image  # noqa: F401

    import trainer.worker.answer
    import trainer.worker.run
    import trainer.worker.stop_flag  # noqa: F401
