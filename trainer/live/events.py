"""The messages that open pages and scripts receive, one type each."""

import math
from collections.abc import Sequence
from typing import Any, Literal, NotRequired, TypedDict

import numpy as np
from numpy.typing import NDArray

from trainer.live.event_words import FOUND, event_words, is_unmarked
from trainer.models import JobEvent

SYSTEM_GROUP = "system"


class NonFinite(TypedDict):
    """A loss that JSON has no number for."""

    step: int
    task_name: str
    value: str


class LossMessage(TypedDict):
    """New loss points of one job, for consecutive steps."""

    type: Literal["loss"]
    job: int
    seq: int
    first_step: int
    steps: int
    series: dict[str, list[float | None]]
    total: list[float | None]
    weights: dict[str, float]
    nonfinite: NotRequired[list[NonFinite]]


class EventMessage(TypedDict):
    """Something happened to a job at a step."""

    type: Literal["event"]
    job: int
    seq: int
    event: dict[str, Any]


class JobMessage(TypedDict):
    """The job as it is now; its fields stand beside these.

    `resumed_from` is there after a restart: points after that step are replaced.
    """

    type: Literal["job"]
    job: int
    seq: int
    resumed_from: NotRequired[int]


class CheckpointMessage(TypedDict):
    """A checkpoint was stored, or something happened to one."""

    type: Literal["checkpoint"]
    experiment: str
    checkpoint: dict[str, Any]
    change: str  # loaded, forked, renamed or deleted; empty for one that is new


class TrainerMessage(TypedDict):
    """The trainer side is there, told every two seconds, or left."""

    type: Literal["trainer"]
    state: Literal["online", "offline"]


class WarningMessage(TypedDict):
    """What goes wrong now is no longer what it was; its keys."""

    type: Literal["warning"]
    keys: list[str]


class Figures(TypedDict):
    """Samples of how a job goes beside its losses, in columns."""

    job: int
    samples: dict[str, list[float | None]]


class FiguresMessage(TypedDict):
    """New samples came; not counted in the job's `seq`, and so not called the job's."""

    type: Literal["figures"]
    figures: Figures


class TaskMessage(TypedDict):
    """The tasks attached to an experiment changed."""

    type: Literal["task"]
    experiment: str
    task: str


class RegistryMessage(TypedDict):
    """The classes on offer, or what is wrong with their files, changed in one registry."""

    type: Literal["registry"]
    registry: str
    added: list[str]
    changed: list[str]
    removed: list[str]
    errors: int  # broken files in all registries


class EvalMessage(TypedDict):
    """An evaluation, or a set of reconstructions, was asked for, stored or refused."""

    type: Literal["eval"]
    experiment: str
    eval: dict[str, Any]


class DatasetMessage(TypedDict):
    """The datasets on offer changed."""

    type: Literal["dataset"]
    dataset: str
    change: Literal["added", "changed", "removed"]


class RecipeMessage(TypedDict):
    """A run of a recipe began, came further or ended."""

    type: Literal["recipe"]
    recipe: dict[str, Any]


Message = (
    LossMessage
    | EventMessage
    | JobMessage
    | CheckpointMessage
    | TrainerMessage
    | WarningMessage
    | FiguresMessage
    | TaskMessage
    | RegistryMessage
    | EvalMessage
    | DatasetMessage
    | RecipeMessage
)


def nonfinite_name(value: float) -> str:
    """Return "nan", "inf" or "-inf" for a number that is not finite."""
    if math.isnan(value):
        return "nan"
    return "inf" if value > 0 else "-inf"


def loss_message(
    *,
    job_id: int,
    seq: int,
    first_step: int,
    task_names: Sequence[str],
    weights: Sequence[float],
    values_ST: NDArray[np.float32],
    present_ST: NDArray[np.bool_] | None,
) -> LossMessage:
    """Build the message for a run of steps.

    Args:
        values_ST: losses, [steps, tasks + 1], the total last.
        present_ST: which task took part in which step, [steps, tasks]; None for all in all.
    """
    columns = [*task_names, ""]
    lists = [json_numbers(values_ST[:, column]) for column in range(len(columns))]
    message: LossMessage = {
        "type": "loss",
        "job": job_id,
        "seq": seq,
        "first_step": first_step,
        "steps": len(values_ST),
        "series": dict(zip(task_names, lists, strict=False)),
        "total": lists[-1],
        "weights": dict(zip(task_names, weights, strict=True)),
    }
    odd_ST = ~np.isfinite(values_ST)
    if present_ST is not None:
        odd_ST[:, :-1] &= present_ST
    if odd_ST.any():
        message["nonfinite"] = [
            {
                "step": first_step + int(row),
                "task_name": columns[column],
                "value": nonfinite_name(float(values_ST[row, column])),
            }
            for row, column in np.argwhere(odd_ST)
        ]
    return message


def json_numbers(values_N: NDArray[np.float32]) -> list[float | None]:
    """Return numbers as JSON can hold them: None for those that are not finite."""
    finite_N = np.isfinite(values_N)
    if finite_N.all():
        numbers: list[float | None] = values_N.tolist()
        return numbers
    return [
        value if finite else None
        for value, finite in zip(values_N.tolist(), finite_N.tolist(), strict=True)
    ]


def event_as_dict(event: JobEvent) -> dict[str, Any]:
    """Return an event as the API and the live channel show it."""
    asked = event.command.payload if event.command else None
    return {
        "id": event.pk,
        "step": event.step,
        "kind": event.kind,
        "detail": event.detail,
        "words": event_words(event.kind, event.detail, asked),
        "routine": is_unmarked(event.kind),
        "found": event.kind in FOUND,
        "by": event.by,
        "why": event.why,
        "command": event.command_id,
        "at": event.at.isoformat(),
    }
