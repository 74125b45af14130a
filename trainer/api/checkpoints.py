"""Calls about the states that a model went through."""

from typing import Any

from django.http import HttpRequest
from ninja import Router

from trainer.api.auth import caller_name
from trainer.api.inputs import SaveIn
from trainer.api.lookup import ExperimentSlug, experiment_found
from trainer.api.state_schemas import CheckpointOut, CheckpointTreeOut
from trainer.selectors.checkpoints import checkpoint_as_dict, checkpoints_of
from trainer.services.checkpoints import checkpoint_save

router = Router(tags=["checkpoints"])


@router.get("/checkpoints", response=list[CheckpointOut], summary="List the checkpoints")
def checkpoints(request: HttpRequest, experiment: ExperimentSlug = None) -> list[dict[str, Any]]:
    """List an experiment's checkpoints, the newest first."""
    return [checkpoint_as_dict(row) for row in checkpoints_of(experiment_found(experiment))]


@router.get("/checkpoints/tree", response=CheckpointTreeOut, summary="Show the tree of checkpoints")
def checkpoints_tree(request: HttpRequest, experiment: ExperimentSlug = None) -> dict[str, Any]:
    """Show the same, each node with its parent, and which one is current."""
    chosen = experiment_found(experiment)
    return {
        "current_id": chosen.current_checkpoint_id,
        "nodes": [checkpoint_as_dict(row) for row in checkpoints_of(chosen)],
    }


@router.post("/checkpoints/save", response=CheckpointOut, summary="Save the present state")
def checkpoints_save(
    request: HttpRequest, body: SaveIn, experiment: ExperimentSlug = None
) -> dict[str, Any]:
    """Have a running job write a checkpoint between two steps; at rest, name the current one."""
    chosen = experiment_found(experiment)
    row = checkpoint_save(experiment=chosen, tag=body.tag, by=caller_name(request))
    return checkpoint_as_dict(row)
