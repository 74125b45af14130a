"""What the system is: its devices, its versions, how much it holds."""

from typing import Any

from django.conf import settings

from trainer.models import Checkpoint, Dataset, Experiment, Job, TaskCard
from trainer.selectors.jobs import jobs_of
from trainer.selectors.nodes import devices_available, nodes_online


def device_facts(experiment: Experiment | None) -> dict[str, Any]:
    """Return where an experiment's next job trains, and what there is.

    Without a trainer that is alive, nothing is available; `current` is then what was asked for.
    """
    available = devices_available()
    configured = (experiment.device if experiment else "") or settings.ACC_DEVICE
    return {
        "current": configured or (available[0] if available else None),
        "available": available,
        "configured": configured,
    }


def row_counts() -> dict[str, int]:
    """Return how many there are of what people make."""
    counted = {
        "experiments": Experiment,
        "tasks": TaskCard,
        "datasets": Dataset,
        "jobs": Job,
        "checkpoints": Checkpoint,
    }
    return {name: model._default_manager.count() for name, model in counted.items()}


def trainer_versions() -> dict[str, str]:
    """Return the versions that the trainer sides tell of themselves, without the Python one."""
    told: dict[str, str] = {}
    for node in nodes_online():
        told.update(node.versions)
    return {name: version for name, version in told.items() if name != "python"}


def jobs_held() -> list[Job]:
    """Return the jobs that are training or paused, newest first."""
    return list(jobs_of(None).filter(state__in=Job.HELD))
