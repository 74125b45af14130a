"""Changes to attached tasks; a job in progress hears of them and follows at its next step."""

import datetime
import json
import re
from collections.abc import Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from trainer.models import Experiment, Job, JobCommand, Registry, TaskCard
from trainer.selectors.job_tasks import job_task_names
from trainer.selectors.jobs import job_active
from trainer.services.announce import announce
from trainer.services.card_add import CardRefused, card_add
from trainer.services.commands import command_send
from trainer.services.plan import addition_plan
from trainer.services.sentences import fields_check, sentence_of
from trainer.services.sources import ClassMissing, SourceRef, sources_of

# How long a removed task can be restored.
RESTORE_SECONDS = 3600.0
SLICE_FORM = 'a latent slice is written "start:end", such as "0:8"'


class CardConflict(CardRefused):
    """A job in progress stands in the way."""


@transaction.atomic
def card_attach(
    *,
    experiment: Experiment,
    sources: list[SourceRef],
    name: str | None = None,
    stem: str = "",
    by: str = "",
    why: str = "",
    **chosen: Any,
) -> tuple[TaskCard, JobCommand | None]:
    """Attach a task that the trainer side found to fit; a job in progress takes it up, too.

    Args:
        sources: where the task's class comes from.
        stem: what a free name is made of where none was chosen.
        chosen: as `card_add` takes them.

    Returns:
        The card, and what the job was asked; None without a job.

    Raises:
        CardRefused: the name is taken or is none, or a number is out of range.
    """
    _lock(experiment)
    name = name or card_name_free(experiment, stem)
    card = card_add(experiment=experiment, name=name, **chosen)
    return card, _join(card, sources, by=by, why=why)


@transaction.atomic
def card_set_weight(*, card: TaskCard, weight: float, by: str = "", why: str = "") -> TaskCard:
    """Change a task's factor in the total loss.

    Raises:
        CardRefused: the weight is negative, huge or no number.
    """
    card = _locked(card)
    job = _job_with(card)
    card.weight = weight
    try:
        fields_check(card)
    except ValidationError as error:
        raise CardRefused(sentence_of(error)) from error
    card.save(update_fields=["weight"])
    payload = {"task": card.name, "weight": weight}
    _tell(card, job, kind="set_weight", payload=payload, by=by, why=why)
    return card


@transaction.atomic
def card_toggle(*, card: TaskCard, by: str = "", why: str = "") -> TaskCard:
    """Let a task take part in training, or not; its head keeps what it learned.

    A job in progress that has no other one to train rests until it has.
    """
    card = _locked(card)
    job = _job_with(card)
    card.enabled = not card.enabled
    card.save(update_fields=["enabled"])
    payload = {"task": card.name, "enabled": card.enabled}
    _tell(card, job, kind="set_enabled", payload=payload, by=by, why=why)
    return card


@transaction.atomic
def card_remove(*, card: TaskCard, by: str = "", why: str = "") -> str:
    """Detach a task; return its name. Losses that jobs recorded for it stay.

    A job in progress sets it aside at its next step, and rests where it has no other one to train.
    For an hour `card_restore` undoes this.
    """
    card = _locked(card)
    job = _job_with(card)
    card.removed_at = timezone.now()
    card.save(update_fields=["removed_at"])
    _tell(card, job, kind="remove_task", payload={"task": card.name}, by=by, why=why)
    return card.name


@transaction.atomic
def card_restore(*, experiment: Experiment, name: str, by: str = "", why: str = "") -> TaskCard:
    """Attach the task of a name again that was removed last; undoes `card_remove`.

    A job that set it aside goes on with the very head that it had; one that was started since
    takes it up as a new task.

    Raises:
        CardRefused: nothing of that name was removed lately, the name was taken since, or the
            task's class is no longer on offer to a job that does not have it.
    """
    _lock(experiment)
    if experiment.task_cards.filter(name=name).exists():
        raise CardRefused(f"a task named '{name}' is attached; there is nothing to restore")
    removed = TaskCard.with_removed.filter(
        experiment=experiment, name=name, removed_at__isnull=False
    )
    card = removed.select_related("experiment", "dataset").order_by("removed_at", "pk").last()
    if card is None or card.removed_at is None:
        raise CardRefused(f"no task named '{name}' was removed within the last hour")
    removed_at, card.removed_at = card.removed_at, None
    card.save(update_fields=["removed_at"])
    job = _job_with(card)
    if job is not None and removed_at > job.created_at:
        _tell(card, job, kind="restore_task", payload={"task": name}, by=by, why=why)
        return card
    try:
        sources = sources_of([(Registry.TASKS, card.class_name)]) if job_active(experiment) else []
    except ClassMissing as missing:
        raise CardRefused(str(missing)) from missing
    _join(card, sources, by=by, why=why)
    return card


def cards_forget_removed() -> None:
    """Delete cards that were removed long ago; until then they can be restored."""
    old = timezone.now() - datetime.timedelta(seconds=RESTORE_SECONDS)
    TaskCard.with_removed.filter(removed_at__lt=old).delete()


def latent_slice_parse(given: Any) -> tuple[int, int]:
    """Return the two ends of a slice, "0:8" or [0, 8] as a task tells it; the second is outside.

    Raises:
        CardRefused: it is something else.
    """
    is_pair = isinstance(given, list | tuple) and [type(end) for end in given] == [int, int]
    text = f"{given[0]}:{given[1]}" if is_pair else given
    if not isinstance(text, str):
        raise CardRefused(f"{json.dumps(given)} is no latent slice; {SLICE_FORM}, or [0, 8]")
    if not re.fullmatch(r"[0-9]{1,9}:[0-9]{1,9}", text.strip()):
        raise CardRefused(f"'{text}' is no latent slice; {SLICE_FORM}")
    start, end = (int(part) for part in text.split(":"))
    if start >= end:
        raise CardRefused(f"latent slice '{text}' is empty; its start must be below its end")
    return start, end


def latent_slice_text(ends: Sequence[int] | None) -> str:
    """Return a slice as it is typed, such as "0:8"; empty for the whole latent."""
    return f"{ends[0]}:{ends[1]}" if ends else ""


def card_name_default(*, experiment: Experiment, class_name: str, dataset_name: str) -> str:
    """Return a free name made of a task's class and its dataset, such as "regression-shapes-2"."""
    stem = card_name_stem(class_name=class_name, dataset_name=dataset_name)
    return card_name_free(experiment, stem)


def card_name_stem(*, class_name: str, dataset_name: str) -> str:
    """Return what tasks of a class and a dataset are called, such as "regression-shapes"."""
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "-", class_name)
    return f"{words.lower().removesuffix('-task')}-{dataset_name}"


def card_name_free(experiment: Experiment, stem: str) -> str:
    """Return the name itself where it is free, else with the first number that makes it so."""
    stem = stem[:70].rstrip()
    taken = set(experiment.task_cards.values_list("name", flat=True))
    numbered = (f"{stem}-{number}" for number in range(2, len(taken) + 3))
    return stem if stem not in taken else next(name for name in numbered if name not in taken)


def _lock(experiment: Experiment) -> None:
    # Two changes at once must not switch off the last two tasks, nor miss a job that starts.
    Experiment.objects.select_for_update(no_key=True).get(pk=experiment.pk)


def _locked(card: TaskCard) -> TaskCard:
    _lock(card.experiment)
    cards = TaskCard.objects.select_for_update(of=("self",)).filter(pk=card.pk)
    found = cards.select_related("experiment", "dataset").first()
    if found is None:
        raise CardConflict(f"'{card.name}' has been removed meanwhile")
    return found


def _job_with(card: TaskCard) -> Job | None:
    """Return the job in progress if it knows the task."""
    job = job_active(card.experiment)
    return job if job is not None and card.name in job_task_names(job) else None


def _join(card: TaskCard, sources: list[SourceRef], *, by: str, why: str) -> JobCommand | None:
    payload = addition_plan(card, sources)
    job = job_active(card.experiment)
    return _tell(card, job, kind="add_task", payload=payload, by=by, why=why)


def _tell(
    card: TaskCard, job: Job | None, *, kind: str, payload: dict[str, Any], by: str, why: str
) -> JobCommand | None:
    """Announce the change, and pass it on to a job."""
    slug = card.experiment.slug
    announce(card.experiment.group, {"type": "task", "experiment": slug, "task": card.name})
    if job is None:
        return None
    return command_send(job=job, kind=kind, payload=payload, by=by, why=why)
