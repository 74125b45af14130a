"""Calls about an experiment's model."""

from typing import Any

from django.http import HttpRequest
from ninja import Router
from ninja.errors import HttpError

from trainer.api.auth import caller_name
from trainer.api.inputs import ModelIn
from trainer.api.lookup import ExperimentSlug, experiment_found
from trainer.api.schemas import ModelOut
from trainer.selectors.experiments import model_as_dict
from trainer.services.experiment_life import model_ask

router = Router(tags=["model"])


@router.get("/model/describe", response=ModelOut, summary="Describe the model")
def model_describe(request: HttpRequest, experiment: ExperimentSlug = None) -> dict[str, Any]:
    """Tell the model's class, configuration, size and layers."""
    return model_as_dict(experiment_found(experiment))


@router.post("/model/create", response=ModelOut, summary="Make a model")
def model_create(
    request: HttpRequest, body: ModelIn, experiment: ExperimentSlug = None
) -> dict[str, Any]:
    """Make a new experiment with a model, or replace an untrained model; it becomes active."""
    slug = body.experiment or experiment
    if not slug:
        raise HttpError(400, "'experiment' is missing; name the experiment that gets the model")
    model_ask(slug=slug, class_name=body.class_name, config=body.config, by=caller_name(request))
    return model_as_dict(experiment_found(slug))
