"""An evaluation, from the state that is looked at to its rows."""

from typing import Any

from acc.evaluation.tasks import evaluate_tasks
from trainer.models import Checkpoint, Experiment
from trainer.selectors.evals import eval_as_dict
from trainer.services.evals import EvalOutcome, MetricFact, eval_store
from trainer.worker.snapshot import Snapshot, snapshot_load, snapshot_take
from trainer.worker.sources import DatasetShelf


def eval_run(payload: dict[str, Any]) -> dict[str, Any]:
    """Evaluate a checkpoint, or the model as it is now; return the stored run in the API's shape.

    It runs on a model of its own, in a process of its own: a job that trains meanwhile goes on
    with the same numbers.
    """
    experiment = Experiment.objects.get(slug=payload["experiment"])
    if payload["checkpoint"]:
        snapshot = snapshot_load(experiment, Checkpoint.objects.get(pk=payload["checkpoint"]))
    else:
        snapshot = snapshot_take(experiment, fresh=True, by=payload["by"])
    shelf = DatasetShelf()
    outcome = evaluate(snapshot, shelf)
    return eval_as_dict(eval_store(experiment=experiment, outcome=outcome, by=payload["by"]))


def evaluate(snapshot: Snapshot, shelf: DatasetShelf) -> EvalOutcome:
    """Return what each enabled task measures on one state."""
    tasks, errors = snapshot.tasks(shelf)
    facts = []
    for name, result in evaluate_tasks(tasks, snapshot.model, snapshot.device).items():
        if result.error:
            errors[name] = result.error
        facts += [
            MetricFact(name, found.name, found.value, found.good, found.poor, found.unit)
            for found in result.metrics
        ]
    return EvalOutcome(
        step=snapshot.step, checkpoint=snapshot.checkpoint, metrics=facts, errors=errors
    )
