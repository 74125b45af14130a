"""Calls about the system itself: its health and its devices."""

import platform
from typing import Any

import django
from django.http import HttpRequest
from ninja import Router

from trainer.api.auth import caller_of
from trainer.api.inputs import DeviceIn
from trainer.api.lookup import ExperimentSlug, experiment_found
from trainer.api.schemas import DeviceOut, HealthOut
from trainer.selectors.experiments import experiment_get
from trainer.selectors.jobs import job_as_dict
from trainer.selectors.system import device_facts, jobs_held, row_counts, trainer_versions
from trainer.selectors.warnings import warning_as_dict, warnings_now
from trainer.services.experiment_life import experiment_set_device

router = Router(tags=["system"])


@router.get(
    "/health", auth=None, response=HealthOut, exclude_unset=True, summary="Is the system well?"
)
def health(request: HttpRequest) -> dict[str, Any]:
    """Answer anybody; callers with credentials also get all that it names."""
    facts = device_facts(experiment_get(None))
    answer = {"status": "ok", "trainer": "online" if facts["available"] else "offline"}
    if caller_of(request) is None:
        return answer
    return {
        **answer,
        "device": facts["current"],
        "devices": facts["available"],
        "counts": row_counts(),
        "versions": {
            "python": platform.python_version(),
            "django": django.get_version(),
            **trainer_versions(),
        },
        "running_jobs": [job_as_dict(job) for job in jobs_held()],
        "warnings": [warning_as_dict(warning) for warning in warnings_now()],
    }


@router.get("/device", response=DeviceOut, summary="Where is trained?")
def device(request: HttpRequest, experiment: ExperimentSlug = None) -> dict[str, Any]:
    """Tell the device of an experiment's next job, and those that there are."""
    return device_facts(experiment_found(experiment) if experiment else experiment_get(None))


@router.post("/device/set", response=DeviceOut, summary="Choose where to train")
def device_set(
    request: HttpRequest, body: DeviceIn, experiment: ExperimentSlug = None
) -> dict[str, Any]:
    """Choose the device of an experiment's next job; refused while one is in progress."""
    chosen = experiment_found(experiment)
    experiment_set_device(experiment=chosen, device=body.device)
    return device_facts(chosen)
