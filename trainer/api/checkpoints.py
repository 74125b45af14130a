"""Calls about the states that a model went through."""

from typing import Any

from django.http import HttpRequest
from ninja import Router

from trainer.api.auth import caller_name
from trainer.api.inputs import CheckpointIn, ForkIn, PolicyIn, SaveIn
from trainer.api.lookup import ExperimentSlug, checkpoint_found, experiment_found, experiment_listed
from trainer.api.state_schemas import CheckpointOut, CheckpointTreeOut
from trainer.selectors.checkpoints import checkpoint_as_dict, checkpoints_of
from trainer.services.checkpoint_tree import (
    checkpoint_delete,
    checkpoint_fork,
    checkpoint_load,
    checkpoint_rename,
    checkpoint_save,
    checkpoints_keep,
)

router = Router(tags=["checkpoints"])


@router.get("/checkpoints", response=list[CheckpointOut], summary="List the checkpoints")
def checkpoints(request: HttpRequest, experiment: ExperimentSlug = None) -> list[dict[str, Any]]:
    """List an experiment's checkpoints, the newest first."""
    chosen = experiment_listed(experiment)
    return [checkpoint_as_dict(row) for row in checkpoints_of(chosen)] if chosen else []


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


@router.post("/checkpoints/load", response=CheckpointOut, summary="Go back to a state")
def checkpoints_load(
    request: HttpRequest, body: CheckpointIn, experiment: ExperimentSlug = None
) -> dict[str, Any]:
    """Have the experiment's next job go on from a state, after its files were verified."""
    row = checkpoint_found(experiment, body.id)
    return checkpoint_as_dict(checkpoint_load(checkpoint=row))


@router.post("/checkpoints/fork", response=CheckpointOut, summary="Begin a branch")
def checkpoints_fork(
    request: HttpRequest, body: ForkIn, experiment: ExperimentSlug = None
) -> dict[str, Any]:
    """Begin a named branch at a state; the experiment's next job goes on from it."""
    row = checkpoint_found(experiment, body.id)
    return checkpoint_as_dict(checkpoint_fork(checkpoint=row, new_tag=body.new_tag))


@router.post("/checkpoints/keep", response=dict[str, int], summary="Choose which states are kept")
def checkpoints_keep_call(
    request: HttpRequest, body: PolicyIn, experiment: ExperimentSlug = None
) -> dict[str, int]:
    """Keep the newest and the best of the states without a tag, from now on; drop the others."""
    chosen = experiment_found(experiment)
    return {"removed": checkpoints_keep(experiment=chosen, **body.dict())}


@router.post("/checkpoints/{checkpoint_id}/rename", response=CheckpointOut, summary="Tag a state")
def checkpoints_rename(
    request: HttpRequest, checkpoint_id: int, body: SaveIn, experiment: ExperimentSlug = None
) -> dict[str, Any]:
    """Give a state another tag; an empty one takes it away."""
    row = checkpoint_found(experiment, checkpoint_id)
    return checkpoint_as_dict(checkpoint_rename(checkpoint=row, tag=body.tag))


@router.post(
    "/checkpoints/{checkpoint_id}/delete", response=dict[str, int], summary="Delete a state"
)
def checkpoints_delete(
    request: HttpRequest, checkpoint_id: int, experiment: ExperimentSlug = None
) -> dict[str, int]:
    """Delete a state; those that grew from it then grow from what it grew from."""
    checkpoint_delete(checkpoint=checkpoint_found(experiment, checkpoint_id))
    return {"removed": checkpoint_id}
