"""Calls about evaluations and reconstructions."""

from typing import Any

from django.http import HttpRequest
from ninja import Router

from trainer.api.auth import caller_name
from trainer.api.inputs import ReconstructionsIn
from trainer.api.jobs import ListLimit
from trainer.api.lookup import ExperimentSlug, dataset_found, experiment_found
from trainer.api.state_schemas import EvalOut, ReconstructionsOut
from trainer.selectors.evals import eval_as_dict, evals_of
from trainer.services.evals import eval_ask
from trainer.services.reconstructions import reconstructions_ask

router = Router(tags=["eval"])


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


@router.get("/eval/history", response=list[EvalOut], summary="List evaluations")
def eval_history(
    request: HttpRequest, experiment: ExperimentSlug = None, limit: ListLimit = 5
) -> list[dict[str, Any]]:
    """List an experiment's evaluations, the newest first."""
    return [eval_as_dict(run) for run in evals_of(experiment_found(experiment), limit=limit)]
