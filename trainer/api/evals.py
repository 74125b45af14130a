"""Calls about evaluations and reconstructions."""

import base64
from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Query, Router

from trainer.api.auth import caller_name
from trainer.api.inputs import LatentIn, ReconstructionsIn
from trainer.api.jobs import ListLimit
from trainer.api.lookup import (
    ExperimentSlug,
    checkpoint_found,
    dataset_found,
    experiment_found,
    experiment_listed,
    job_found,
)
from trainer.api.state_schemas import (
    EvalCurvesOut,
    EvalOut,
    EvalPicturesOut,
    LatentOut,
    ReconstructionsOut,
)
from trainer.selectors.eval_curves import eval_curves, eval_pictures
from trainer.selectors.evals import eval_as_dict, evals_of
from trainer.selectors.reconstructions import picture_read
from trainer.services.evals import eval_ask
from trainer.services.latents import LatentWish, latent_ask
from trainer.services.reconstructions import reconstructions_ask

router = Router(tags=["eval"])

JobNumber = Annotated[int, Query(ge=1, le=2**63 - 1, description="Whose evaluations.")]


@router.post("/eval/run", response=EvalOut, summary="Evaluate the model")
def eval_run(request: HttpRequest, experiment: ExperimentSlug = None) -> Any:
    """Have every enabled task measured on the model as it is now; training goes on meanwhile."""
    return eval_ask(experiment=experiment_found(experiment), by=caller_name(request))


@router.post(
    "/eval/reconstructions",
    response=ReconstructionsOut,
    exclude_unset=True,
    summary="Reconstruct images",
)
def eval_reconstructions(
    request: HttpRequest,
    body: ReconstructionsIn | None = None,
    experiment: ExperimentSlug = None,
) -> Any:
    """Return held-out images, what the model makes of them, and their difference, as PNG."""
    asked = body.dict() if body else {}
    if asked.get("dataset"):
        asked["dataset"] = dataset_found(asked["dataset"])
    return reconstructions_ask(
        experiment=experiment_found(experiment), **asked, by=caller_name(request)
    )


@router.post("/eval/latent", response=LatentOut, summary="Look at the latent")
def eval_latent(
    request: HttpRequest, body: LatentIn | None = None, experiment: ExperimentSlug = None
) -> Any:
    """Return ways through each factor group, the units, samples, and images on a plane.

    Found with at most 2,000 held-out images, in eval mode, on a copy of the model.
    """
    asked = body or LatentIn()
    chosen = experiment_found(experiment)
    number = asked.checkpoint_id
    wish = LatentWish(
        experiment=chosen,
        dataset=dataset_found(asked.dataset) if asked.dataset else None,
        checkpoint=None if number is None else checkpoint_found(experiment, number),
        seeds=asked.seeds,
        steps=asked.steps,
    )
    return _with_images(latent_ask(wish, by=caller_name(request)))


def _with_images(answer: dict[str, Any]) -> dict[str, Any]:
    """Return an answer with pictures in place of their files' names."""

    def image(name: str) -> str | None:
        png = picture_read(name)
        return base64.b64encode(png).decode() if png else None

    groups = [{**group, "image": image(group["sheet"])} for group in answer["groups"]]
    return {
        **answer,
        "groups": groups,
        "units_image": image(answer["units_sheet"]),
        "samples_image": image(answer["samples_sheet"]),
    }


@router.get(
    "/eval/curves", response=EvalCurvesOut, exclude_unset=True, summary="Read metrics over steps"
)
def eval_curves_of(request: HttpRequest, job: JobNumber) -> Any:
    """Read every metric of a job's evaluations, in order of its steps."""
    return eval_curves(job_found(job))


@router.get("/eval/pictures", response=list[EvalPicturesOut], summary="List followed images")
def eval_pictures_of(request: HttpRequest, job: JobNumber) -> Any:
    """List the pictures of a job's evaluations that show the same images at each step.

    Of each dataset at most 48: what is between is thinned evenly.
    """
    return eval_pictures(job_found(job))


@router.get("/eval/history", response=list[EvalOut], summary="List evaluations")
def eval_history(
    request: HttpRequest, experiment: ExperimentSlug = None, limit: ListLimit = 5
) -> list[dict[str, Any]]:
    """List an experiment's evaluations, the newest first."""
    chosen = experiment_listed(experiment)
    return [eval_as_dict(run) for run in evals_of(chosen, limit=limit)] if chosen else []
