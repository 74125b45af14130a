"""An evaluation, from the state that is looked at to its rows."""

from typing import Any

from acc.evaluation.tasks import evaluate_task
from acc.raised import code_errors
from acc.tasks.base import TaskError
from trainer.models import Experiment
from trainer.selectors.evals import eval_as_dict
from trainer.services.calls import call_doing
from trainer.services.evals import EvalOutcome, MetricFact, eval_store
from trainer.worker.build import DatasetShelf
from trainer.worker.error_sentence import error_sentence
from trainer.worker.pictures import followed_draw
from trainer.worker.snapshot import Snapshot, snapshot_asked


def eval_run(payload: dict[str, Any]) -> dict[str, Any]:
    """Evaluate a checkpoint, or the model as it is now; return the stored run in the API's shape.

    It runs on a model of its own, in a process of its own: a job that trains meanwhile goes on
    with the same numbers.

    Raises:
        TaskError: no task is enabled.
        Exception: as `snapshot_asked`.
    """
    experiment = Experiment.objects.get(slug=payload["experiment"])
    if not experiment.task_cards.filter(enabled=True).exists():
        raise TaskError(
            f"no task is enabled in experiment '{experiment.name}', so there is nothing to "
            "measure; add or enable one first"
        )
    snapshot = snapshot_asked(experiment, payload, fresh=True)
    outcome = _evaluate(snapshot, payload["call"])
    return eval_as_dict(eval_store(experiment=experiment, outcome=outcome, by=payload["by"]))


def _evaluate(snapshot: Snapshot, call_id: int) -> EvalOutcome:
    """Return what each enabled task measures on one state; the call's row says which is at work.

    Of each of their datasets, the same images are drawn every time, to be followed over time.
    """
    built = snapshot.tasks(DatasetShelf())
    errors = built.errors
    facts, names = [], []
    for task in built.tasks:
        call_doing(call_id, f"task '{task.name}'")
        result = evaluate_task(task, snapshot.model, snapshot.device)
        if result.error:
            errors[task.name] = result.error
        else:
            names.append(task.name)
        facts += [
            MetricFact(task.name, found.name, found.value, found.good, found.poor, found.unit)
            for found in result.metrics
        ]
    sheets = []
    shown = {task.dataset.name: task.dataset for task in built.tasks}
    for dataset in shown.values() if snapshot.model.has_decoder else ():
        call_doing(call_id, f"pictures of '{dataset.name}'")
        try:
            sheets.append(followed_draw(snapshot, dataset))
        except code_errors() as error:
            errors[f"pictures of {dataset.name}"] = error_sentence(error)
    return EvalOutcome(
        step=snapshot.step,
        checkpoint=snapshot.checkpoint,
        metrics=facts,
        task_names=names,
        errors=errors,
        untrained=built.untrained,
        sheets=sheets,
    )
