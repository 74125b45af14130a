"""Evaluations: asked for here, carried out by the trainer side, stored here."""

import math
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.db import transaction

from trainer.live.events import nonfinite_name
from trainer.models import Call, Checkpoint, EvalResult, EvalRun, Experiment
from trainer.selectors.calls import call_under_way
from trainer.services.calls import call_ask, call_send
from trainer.services.checkpoint_drop import checkpoint_still, checkpoints_prune
from trainer.services.eval_pictures import SheetFact, sheets_store


@dataclass(frozen=True)
class MetricFact:
    """One number that a task measured, and where its class says that it is good or poor."""

    task_name: str
    name: str
    value: float
    good: float | None = None
    poor: float | None = None
    unit: str = ""


@dataclass(frozen=True)
class EvalOutcome:
    """All that one evaluation found.

    Attributes:
        task_names: the tasks whose `evaluate` gave an answer, be it without a metric.
        errors: why there is no number, by task.
        untrained: tasks whose head was new.
    """

    step: int
    checkpoint: Checkpoint | None
    metrics: list[MetricFact]
    task_names: list[str] = field(default_factory=list)
    errors: dict[str, str] = field(default_factory=dict)
    untrained: list[str] = field(default_factory=list)
    sheets: list[SheetFact] = field(default_factory=list)


def eval_ask(*, experiment: Experiment, by: str = "") -> dict[str, Any]:
    """Evaluate an experiment's model as it is now and wait; return it in the API's shape.

    Raises:
        CallRefused: it cannot be evaluated, or it took too long.
        TrainerOffline: no trainer side is running, or it did not answer in time.
    """
    answer: dict[str, Any] = call_ask(
        kind=Call.Kind.EVAL_RUN,
        payload=_payload(experiment, None, by=by),
        by=by,
        limit_seconds=settings.ACC_EVAL_SECONDS,
    )
    return answer


def eval_send(
    *, experiment: Experiment, checkpoint: Checkpoint | None = None, by: str = ""
) -> Call:
    """Have an experiment's model evaluated, without waiting; open pages hear of its end.

    Args:
        checkpoint: the state to evaluate; None for the model as it is by then. Of those, one at
            a time: a second request while one is under way is the same one.
    """
    if checkpoint is None:
        under_way = call_under_way(experiment, Call.Kind.EVAL_RUN)
        if under_way is not None:
            return under_way
    return call_send(
        kind=Call.Kind.EVAL_RUN,
        payload=_payload(experiment, checkpoint, by=by),
        by=by,
        limit_seconds=settings.ACC_EVAL_SECONDS,
    )


@transaction.atomic
def eval_store(*, experiment: Experiment, outcome: EvalOutcome, by: str = "") -> EvalRun:
    """Store an evaluation; the checkpoint's node in the tree shows its newest one."""
    # Before any checkpoint, as whoever drops some does: else each could wait for the other's row.
    Experiment.objects.select_for_update(no_key=True).get(pk=experiment.pk)
    checkpoint = checkpoint_still(outcome.checkpoint)
    run = EvalRun.objects.create(
        experiment=experiment,
        job=outcome.checkpoint.job if outcome.checkpoint else None,
        checkpoint=checkpoint,
        step=outcome.step,
        job_step=outcome.checkpoint.job_step if outcome.checkpoint else None,
        task_names=outcome.task_names,
        errors=outcome.errors,
        untrained=outcome.untrained,
        by=by,
    )
    EvalResult.objects.bulk_create(
        EvalResult(
            run=run,
            task_name=fact.task_name,
            metric=fact.name,
            value=fact.value if math.isfinite(fact.value) else None,
            nonfinite="" if math.isfinite(fact.value) else nonfinite_name(fact.value),
            good=fact.good,
            poor=fact.poor,
            unit=fact.unit[: EvalResult._meta.get_field("unit").max_length],
        )
        for fact in outcome.metrics
    )
    sheets_store(run, outcome.sheets)
    if checkpoint is not None:
        metrics: dict[str, dict[str, float | None]] = {}
        for row in run.results.all():
            metrics.setdefault(row.task_name, {})[row.metric] = row.value
        Checkpoint.objects.filter(pk=checkpoint.pk).update(metrics=metrics)
        checkpoints_prune(experiment.pk)
    return run


def _payload(experiment: Experiment, checkpoint: Checkpoint | None, *, by: str) -> dict[str, Any]:
    return {
        "experiment": experiment.slug,
        "checkpoint": checkpoint.pk if checkpoint else None,
        "by": by,
    }
