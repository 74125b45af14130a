"""Makes the row of a task that the trainer side found to fit."""

from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from trainer.models import Dataset, Experiment, TaskCard
from trainer.services.announce import announce
from trainer.services.sentences import fields_check, sentence_of


class CardRefused(Exception):
    """A task cannot be attached or changed; the text says why."""


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
        fields_check(card)
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
