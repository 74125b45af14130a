"""Attaching a task: the web side says what is wanted, the trainer side says whether it fits."""

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError

from trainer.models import Call, Dataset, Experiment, Job, JobCommand, JobEvent, Registry, TaskCard
from trainer.selectors.registry import class_offered
from trainer.services.calls import call_ask
from trainer.services.card_add import CardRefused
from trainer.services.cards import (
    card_name_stem,
    latent_slice_parse,
    latent_slice_text,
)
from trainer.services.commands import command_settle
from trainer.services.parameters import ParameterRefused, params_check
from trainer.services.sentences import sentence_of
from trainer.services.sources import sources_of


def task_attach(
    *,
    experiment: Experiment,
    class_name: str,
    dataset: Dataset,
    name: str | None = None,
    stem: str | None = None,
    weight: float = 1.0,
    latent_slice: str | Sequence[int] | None = None,
    params: dict[str, Any] | None = None,
    by: str = "",
    why: str = "",
) -> dict[str, Any]:
    """Attach a task to an experiment's model, if it fits; return it in the API's shape.

    A job in progress takes the task up between two steps. Where a worker has the job, its answer
    is waited for a moment; `joined_step` is then the last step done before the task joined.

    Args:
        stem: without a name, what a free one is made of; without a stem, of class and dataset.
        latent_slice: as `latent_slice_within` takes it.

    Raises:
        CardRefused: the weight is out of range, a parameter is unknown, missing or of another type
            than declared, the latent slice is none or lies outside the model's latent, or the job
            could not take the task up, which is then not attached; in the words of the worker.
        ClassMissing: the task's class, or the model's, is not on offer.
        CallRefused: it does not fit; in the words of the code that refused.
        TrainerOffline: nobody is there who could tell.
    """
    sources = sources_of(
        [(Registry.TASKS, class_name), (Registry.MODELS, experiment.model_class)],
    )
    _check_weight(weight)
    _check_params(class_name, params or {})
    chosen = latent_slice_within(experiment, latent_slice)
    payload = {
        "experiment": experiment.slug,
        "name": name,
        "stem": stem or card_name_stem(class_name=class_name, dataset_name=dataset.name),
        "class_name": class_name,
        "dataset": dataset.name,
        "weight": weight,
        "latent_slice": list(chosen) if chosen else None,
        "params": params or {},
        "sources": sources,
        "by": by,
        "why": why,
    }
    card: dict[str, Any] = call_ask(
        kind=Call.Kind.TASK_ADD, payload=payload, by=by, limit_seconds=settings.ACC_EVAL_SECONDS
    )
    return card | {"joined_step": _joined_step(card.pop("command", None))}


def card_duplicate(*, card: TaskCard, by: str = "", why: str = "") -> TaskCard:
    """Attach one more task like an attached one, under a free name; raises as `task_attach`."""
    added = task_attach(
        experiment=card.experiment,
        class_name=card.class_name,
        dataset=card.dataset,
        stem=card.name,
        weight=card.weight,
        latent_slice=latent_slice_text(card.latent_slice) or None,
        params=card.params,
        by=by,
        why=why,
    )
    return TaskCard.objects.select_related("experiment", "dataset").get(
        experiment=card.experiment, name=added["name"]
    )


def _check_weight(weight: float) -> None:
    try:
        TaskCard._meta.get_field("weight").run_validators(weight)
    except ValidationError as error:
        raise CardRefused(f"weight: {sentence_of(error)}") from error


def _check_params(class_name: str, params: dict[str, Any]) -> None:
    offered = class_offered(Registry.TASKS, class_name)
    if offered is None:  # no longer; the trainer side has its text
        return
    try:
        params_check(class_name, offered.parameters, params)
    except ParameterRefused as refusal:
        raise CardRefused(str(refusal)) from refusal


def _joined_step(command_id: int | None) -> int | None:
    """Wait for the worker that has been asked to take a task up; None where there is no answer.

    Raises:
        CardRefused: it could not, and the card is taken back.
    """
    if command_id is None:
        return None
    command = JobCommand.objects.select_related("job").get(pk=command_id)
    if command.job.state not in Job.HELD:
        return None  # it may be long until a worker has the job
    command_settle(command)
    # Without an event it was not the worker that refused: the job ended first, the task stays.
    if JobEvent.objects.filter(command=command, kind="refused").exists():
        raise CardRefused(command.reason)
    return command.applied_step if command.state == JobCommand.State.APPLIED else None


def latent_slice_within(
    experiment: Experiment, given: str | Sequence[int] | None
) -> tuple[int, int] | None:
    """Return the two ends of a slice of the model's latent, "0:8" or [0, 8].

    None for the whole: of None, or of the nothing that an empty field sends.

    Raises:
        CardRefused: it is something else, or the slice reaches beyond the latent.
    """
    if given is None or given == "":
        return None
    start, end = latent_slice_parse(given)
    latent_dim = experiment.model_info.get("latent_dim")
    if isinstance(latent_dim, int) and end > latent_dim:
        raise CardRefused(
            f"latent_slice {start}:{end} reaches beyond the latent, "
            f"which has {latent_dim} dimensions (0:{latent_dim})"
        )
    return start, end
