"""Making an experiment with its model, and which one is the active one."""

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q

from trainer.models import Experiment, Job, TaskCard
from trainer.services.sentences import fields_check, sentence_of


class ExperimentRefused(Exception):
    """An experiment cannot be made or changed; the text says why."""


class ExperimentConflict(ExperimentRefused):
    """The state of an experiment or its job stands in the way; another moment may be better."""


@transaction.atomic
def experiment_create(
    *,
    slug: str,
    model_class: str,
    model_config: dict[str, Any],
    model_info: dict[str, Any],
    head_sizes: Mapping[int, int | None] | None = None,
    activate: bool = True,
) -> Experiment:
    """Make an experiment: a new one, or a known one with its untrained model replaced.

    Args:
        head_sizes: trainable numbers of its tasks' heads on this model, by the cards' keys; None
            for a removed task that does not fit and cannot be brought back.
        activate: it becomes the active one.

    Raises:
        ExperimentRefused: the slug is none, or the experiment's model is trained or in training.
    """
    known = {experiment.slug: experiment for experiment in experiments_hold()}
    experiment = known.get(slug) or Experiment(slug=slug, name=slug)
    if experiment.pk is not None:
        _refuse_where_trained(experiment)
    experiment.model_class = model_class
    experiment.model_config = model_config
    experiment.model_info = model_info
    try:
        fields_check(experiment)
    except ValidationError as error:
        raise ExperimentRefused(sentence_of(error)) from error
    experiment.save()
    for pk, size in (head_sizes or {}).items():
        TaskCard.with_removed.filter(pk=pk).update(head_size=size)
        if size is None:
            TaskCard.with_removed.filter(pk=pk, removed_at__isnull=False).delete()
    if activate:
        experiment_activate(experiment)
    return experiment


def _refuse_where_trained(experiment: Experiment) -> None:
    trained = Q(current_step__gt=0) | Q(state__in=Job.ACTIVE)
    if experiment.current_checkpoint_id or experiment.jobs.filter(trained).exists():
        raise ExperimentRefused(
            f"the model of experiment '{experiment.slug}' is trained; "
            "name a new experiment for another model"
        )


@transaction.atomic
def experiment_activate(experiment: Experiment) -> None:
    """Make an experiment the one that is meant where none is named.

    Raises:
        ExperimentConflict: it is archived.
    """
    if experiment.archived_at is not None:
        raise ExperimentConflict(f"'{experiment.name}' is archived; bring it back first")
    experiments_hold()
    Experiment.objects.filter(is_active=True).exclude(pk=experiment.pk).update(is_active=False)
    Experiment.objects.filter(pk=experiment.pk).update(is_active=True)
    experiment.is_active = True


def experiments_hold() -> list[Experiment]:
    """Keep every experiment's row for the rest of the transaction, and return all of them.

    Which one is active concerns all: two that are made active at once would not see each other.
    """
    return list(Experiment.objects.select_for_update(no_key=True).order_by("pk"))
