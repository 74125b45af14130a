"""Checkpoints as the API, the live channel and the pages show them."""

from typing import Any

from trainer.models import Checkpoint, Experiment


def checkpoint_as_dict(checkpoint: Checkpoint) -> dict[str, Any]:
    """Return a node of the tree in the API's shape."""
    return {
        "id": checkpoint.pk,
        "tag": checkpoint.tag,
        "kind": checkpoint.kind,
        "parent_id": checkpoint.parent_id,
        "step": checkpoint.step,
        "job_id": checkpoint.job_id,
        "created_at": checkpoint.created_at.isoformat(),
        "metrics": checkpoint.metrics,
        "size_bytes": checkpoint.size_bytes,
    }


def checkpoints_of(experiment: Experiment) -> list[Checkpoint]:
    """Return an experiment's checkpoints, the newest first."""
    return list(experiment.checkpoints.all())
