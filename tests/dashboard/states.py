"""States with files for the pages to show."""

import hashlib

from trainer.models import Checkpoint, Experiment
from trainer.services.checkpoint_files import checkpoint_digest, checkpoint_directory
from trainer.services.evals import EvalOutcome, MetricFact, eval_store


def state_make(
    experiment: Experiment, step: int, parent: Checkpoint | None = None, tag: str = ""
) -> Checkpoint:
    """Return a stored state; it becomes the current one."""
    number = Checkpoint.objects.count()
    tensors, meta = f"state {number}".encode(), b"{}"
    path = checkpoint_directory() / f"state{number}.safetensors"
    path.write_bytes(tensors)
    path.with_suffix(".json").write_bytes(meta)
    row = Checkpoint.objects.create(
        experiment=experiment,
        parent=parent,
        tag=tag,
        kind="final",
        step=step,
        file_name=path.name,
        sha256=checkpoint_digest(hashlib.sha256(tensors).digest(), meta),
        size_bytes=len(tensors) + len(meta),
        health={"digit": "critical"} if tag == "ill" else {},
    )
    Experiment.objects.filter(pk=experiment.pk).update(current_checkpoint=row)
    return row


def chain_make(experiment: Experiment, count: int, parent: Checkpoint | None = None) -> Checkpoint:
    """Return the last of so many states in a row."""
    for _ in range(count):
        parent = state_make(experiment, (parent.step if parent else 0) + 100, parent)
    assert parent is not None
    return parent


def measured(checkpoint: Checkpoint, accuracy: float) -> None:
    """Store an evaluation of a state."""
    fact = MetricFact("digit", "accuracy", accuracy, good=0.9, poor=0.5)
    outcome = EvalOutcome(step=checkpoint.step, checkpoint=checkpoint, metrics=[fact])
    eval_store(experiment=checkpoint.experiment, outcome=outcome)
