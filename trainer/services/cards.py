"""Changes to attached tasks; a job in progress hears of them and follows at its next step."""

import re
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from trainer.models import Experiment, Job, TaskCard
from trainer.selectors.jobs import job_active
from trainer.services.announce import announce
from trainer.services.commands import command_send
from trainer.services.experiments import CardRefused
from trainer.services.sentences import sentence_of

SLICE_FORM = 'a latent slice is written "start:end", such as "0:8"'


class CardConflict(CardRefused):
    """A job in progress stands in the way."""


@transaction.atomic
def card_set_weight(*, card: TaskCard, weight: float, by: str = "") -> TaskCard:
    """Change a task's factor in the total loss.

    Raises:
        CardRefused: the weight is negative, huge or no number.
        CardConflict: a job that draws tasks by weight would have none left to draw.
    """
    card = _locked(card)
    job = job_active(card.experiment)
    if job is not None and weight == 0 and _is_last_drawn(card, job):
        raise CardConflict(
            f"'{card.name}' is the only task that job {job.pk} can draw by weight; "
            "its weight must stay above 0"
        )
    card.weight = weight
    try:
        card.clean_fields()
    except ValidationError as error:
        raise CardRefused(sentence_of(error)) from error
    card.save(update_fields=["weight"])
    _tell(card, kind="set_weight", payload={"task": card.name, "weight": weight}, by=by)
    return card


@transaction.atomic
def card_toggle(*, card: TaskCard, by: str = "") -> TaskCard:
    """Let a task take part in training, or not; its head keeps what it learned.

    Raises:
        CardConflict: it is the last task that a job in progress trains.
    """
    card = _locked(card)
    job = job_active(card.experiment)
    if card.enabled and job is not None and _is_last(card, job):
        raise CardConflict(
            f"'{card.name}' is the only enabled task of job {job.pk}; stop the job instead"
        )
    card.enabled = not card.enabled
    card.save(update_fields=["enabled"])
    _tell(card, kind="set_enabled", payload={"task": card.name, "enabled": card.enabled}, by=by)
    return card


@transaction.atomic
def card_remove(*, card: TaskCard) -> str:
    """Detach a task; return its name. Losses that jobs recorded for it stay.

    Raises:
        CardConflict: a job of the experiment is in progress.
    """
    card = _locked(card)
    job = job_active(card.experiment)
    if job is not None:
        raise CardConflict(
            f"job {job.pk} is {job.state}; stop it before '{card.name}' is removed, "
            "or disable the task"
        )
    card.delete()
    _announce(card)
    return card.name


def latent_slice_parse(text: str) -> tuple[int, int]:
    """Return the two ends of a slice such as "0:8"; the second is not included.

    Raises:
        CardRefused: the text is something else.
    """
    if not re.fullmatch(r"[0-9]{1,9}:[0-9]{1,9}", text.strip()):
        raise CardRefused(f"'{text}' is no latent slice; {SLICE_FORM}")
    start, end = (int(part) for part in text.split(":"))
    if start >= end:
        raise CardRefused(f"latent slice '{text}' is empty; its start must be below its end")
    return start, end


def card_name_default(*, experiment: Experiment, class_name: str, dataset_name: str) -> str:
    """Return a free name made of a task's class and its dataset, such as "regression-shapes"."""
    stem = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "-", class_name)
    stem = f"{stem.lower().removesuffix('-task')}-{dataset_name}"[:70]
    taken = set(experiment.task_cards.values_list("name", flat=True))
    numbered = (f"{stem}-{number}" for number in range(2, len(taken) + 3))
    return stem if stem not in taken else next(name for name in numbered if name not in taken)


def _locked(card: TaskCard) -> TaskCard:
    # The experiment's row too: two changes at once must not switch off the last two tasks.
    Experiment.objects.select_for_update().get(pk=card.experiment_id)
    cards = TaskCard.objects.select_for_update(of=("self",))
    return cards.select_related("experiment", "dataset").get(pk=card.pk)


def _tell(card: TaskCard, *, kind: str, payload: dict[str, Any], by: str) -> None:
    """Announce the change, and pass it on to a job that knows the task."""
    _announce(card)
    job = job_active(card.experiment)
    if job is not None and card.name in _planned(job):
        command_send(job=job, kind=kind, payload=payload, by=by, states=Job.ACTIVE)


def _announce(card: TaskCard) -> None:
    slug = card.experiment.slug
    announce(card.experiment.group, {"type": "task", "experiment": slug, "task": card.name})


def _is_last(card: TaskCard, job: Job) -> bool:
    others = card.experiment.task_cards.filter(enabled=True).exclude(pk=card.pk)
    return card.name in _planned(job) and not others.filter(name__in=_planned(job)).exists()


def _is_last_drawn(card: TaskCard, job: Job) -> bool:
    if job.schedule != Job.Schedule.WEIGHTED or card.name not in _planned(job):
        return False
    others = card.experiment.task_cards.filter(enabled=True, weight__gt=0).exclude(pk=card.pk)
    return card.enabled and not others.filter(name__in=_planned(job)).exists()


def _planned(job: Job) -> list[str]:
    return [task["name"] for task in job.plan["tasks"]]
