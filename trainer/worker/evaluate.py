"""An evaluation, from the state that is looked at to its rows."""

from typing import Any

from acc.evaluation.tasks import evaluate_task
from trainer.models import Checkpoint, Experiment
from trainer.selectors.evals import eval_as_dict
from trainer.services.calls import call_doing
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
    outcome = _evaluate(snapshot, payload["call"])
    return eval_as_dict(eval_store(experiment=experiment, outcome=outcome, by=payload["by"]))


def _evaluate(snapshot: Snapshot, call_id: int) -> EvalOutcome:
    """Return what each enabled task measures on one state; the call's row says which is at work."""
    tasks, errors = snapshot.tasks(DatasetShelf())
    facts = []
    for task in tasks:
        call_doing(call_id, f"task '{task.name}'")
        result = evaluate_task(task, snapshot.model, snapshot.device)
        if result.error:
            errors[task.name] = result.error
        facts += [
            MetricFact(task.name, found.name, found.value, found.good, found.poor, found.unit)
            for found in result.metrics
        ]
    return EvalOutcome(
        step=snapshot.step, checkpoint=snapshot.checkpoint, metrics=facts, errors=errors
    )
