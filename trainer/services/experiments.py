"""Experiments and the tasks attached to them."""

from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Q

from trainer.models import Dataset, Experiment, Job, TaskCard
from trainer.services.announce import announce
from trainer.services.sentences import sentence_of


class ExperimentRefused(Exception):
    """An experiment cannot be made or changed; the text says why."""


class ExperimentConflict(ExperimentRefused):
    """The state of an experiment or its job stands in the way; another moment may be better."""


class CardRefused(Exception):
    """A task cannot be attached or changed; the text says why."""


@transaction.atomic
def experiment_create(
    *,
    slug: str,
    model_class: str,
    model_config: dict[str, Any],
    model_info: dict[str, Any],
    activate: bool = True,
) -> Experiment:
    """Make an experiment: a new one, or a known one with its untrained model replaced.

    Args:
        activate: it becomes the active one.

    Raises:
        ExperimentRefused: the slug is none, or the experiment's model is trained or in training.
    """
    experiment = Experiment.objects.filter(slug=slug).first() or Experiment(slug=slug, name=slug)
    if experiment.pk is not None:
        _refuse_where_trained(experiment)
    experiment.model_class = model_class
    experiment.model_config = model_config
    experiment.model_info = model_info
    try:
        experiment.clean_fields()
    except ValidationError as error:
        raise ExperimentRefused(sentence_of(error)) from error
    experiment.save()
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


def card_add(
    *,
    experiment: Experiment,
    name: str,
    class_name: str,
    dataset: Dataset,
    weight: float = 1.0,
    latent_slice: tuple[int, int] | None = None,
    params: dict[str, Any] | None = None,
    head_size: int | None = None,
) -> TaskCard:
    """Attach a task that the trainer side found to fit.

    Raises:
        CardRefused: the name is taken or is none, or a number is out of range.
    """
    card = TaskCard(
        experiment=experiment,
        name=name,
        class_name=class_name,
        dataset=dataset,
        weight=weight,
        latent_start=latent_slice[0] if latent_slice else None,
        latent_end=latent_slice[1] if latent_slice else None,
        params=params or {},
        head_size=head_size,
    )
    try:
        card.clean_fields()
        with transaction.atomic():
            card.colour = _free_colour(experiment)
            card.save()
            announce(
                experiment.group, {"type": "task", "experiment": experiment.slug, "task": name}
            )
    except ValidationError as error:
        raise CardRefused(sentence_of(error)) from error
    except IntegrityError as error:
        raise CardRefused(
            f"a task named '{name}' is attached already; choose another name"
        ) from error
    return card


def _free_colour(experiment: Experiment) -> int:
    """Return the first place in the palette that no task has, nor one that may come back."""
    cards = TaskCard.with_removed.filter(experiment=experiment)
    used = set(cards.values_list("colour", flat=True))
    return next(place for place in range(len(used) + 1) if place not in used)
