"""Calls about experiments as a whole."""

from typing import Any

from django.http import HttpRequest
from ninja import Router

from trainer.api.lookup import experiment_found
from trainer.api.schemas import ExperimentOut
from trainer.selectors.experiments import experiment_as_dict, experiments_all
from trainer.services.experiment_life import experiment_archive, experiment_bring_back
from trainer.services.experiments import experiment_activate

router = Router(tags=["model"])


@router.get("/experiments", response=list[ExperimentOut], summary="List the experiments")
def experiments(request: HttpRequest) -> list[dict[str, Any]]:
    """List all experiments, archived ones last, each part the newest first."""
    return [experiment_as_dict(experiment) for experiment in experiments_all()]


@router.post(
    "/experiments/{slug}/activate", response=ExperimentOut, summary="Make an experiment active"
)
def experiment_make_active(request: HttpRequest, slug: str) -> dict[str, Any]:
    """Make an experiment the one that is meant where none is named."""
    experiment = experiment_found(slug)
    experiment_activate(experiment)
    return experiment_as_dict(experiment)


@router.post("/experiments/{slug}/archive", response=ExperimentOut, summary="Archive an experiment")
def experiment_put_away(request: HttpRequest, slug: str) -> dict[str, Any]:
    """Take an experiment out of the menus; all of it stays. Another one becomes the active one."""
    experiment_archive(experiment_found(slug))
    return experiment_as_dict(experiment_found(slug))


@router.post(
    "/experiments/{slug}/bring_back", response=ExperimentOut, summary="Bring an experiment back"
)
def experiment_offer_again(request: HttpRequest, slug: str) -> dict[str, Any]:
    """Offer an archived experiment in the menus again."""
    experiment = experiment_found(slug)
    experiment_bring_back(experiment)
    return experiment_as_dict(experiment)
