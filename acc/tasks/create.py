"""Making a task from what an operator asked for, with a sentence where that does not work."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any

from acc.checks import is_finite_number
from acc.dataset import AccDataset
from acc.registry.description import parameters_of
from acc.tasks.base import STANDARD_PARAMETERS, LossBounds, Task
from acc.tasks.errors import TaskError


def create_task(
    task_class: type[Task],
    *,
    name: str,
    dataset: AccDataset,
    weight: float = 1.0,
    latent_slice: tuple[int, int] | None = None,
    params: Mapping[str, Any] | None = None,
) -> Task:
    """Return a task of the class; nothing is attached yet.

    Name, weight and latent_slice are those asked for, whatever the constructor makes of them.

    Raises:
        TaskError: a parameter is unknown or missing, the constructor refuses, or the loss bounds
            are none.
    """
    standard: dict[str, Any] = {
        "name": name,
        "dataset": dataset,
        "weight": weight,
        "latent_slice": latent_slice,
    }
    own = [p for p in parameters_of(task_class) if p.name not in STANDARD_PARAMETERS]
    chosen = dict(params or {})
    _check_params(task_class.__name__, chosen, {p.name: p.required for p in own})
    taken = inspect.signature(task_class.__init__).parameters.values()
    takes_all = any(parameter.kind is inspect.Parameter.VAR_KEYWORD for parameter in taken)
    names = {parameter.name for parameter in taken}
    passed = {key: value for key, value in standard.items() if takes_all or key in names}
    try:
        task = task_class(**passed, **chosen)
    except TaskError:
        raise
    except Exception as error:
        raise TaskError(
            f"{task_class.__name__} could not be made: {type(error).__name__}: {error}"
        ) from error
    # A constructor may put another dataset in place of the one that it was given.
    kept = {"dataset"} if "dataset" in passed else set()
    vars(task).update({key: value for key, value in standard.items() if key not in kept})
    _check_bounds(task)
    return task


def _check_bounds(task: Task) -> None:
    name = type(task).__name__
    try:
        bounds = task.loss_bounds
    except Exception as error:
        raise TaskError(f"{name} has no loss_bounds: {type(error).__name__}: {error}") from error
    if bounds is None:
        return
    if not isinstance(bounds, LossBounds) or not all(
        is_finite_number(bound) for bound in (bounds.healthy, bounds.critical)
    ):
        raise TaskError(
            f"loss_bounds of {name} is {bounds!r}; write LossBounds(healthy=..., critical=...)"
        )


def _check_params(
    class_name: str, chosen: Mapping[str, Any], required_by_name: Mapping[str, bool]
) -> None:
    unknown = [key for key in chosen if key not in required_by_name]
    if unknown:
        known = ", ".join(required_by_name) or "none of its own"
        raise TaskError(f'{class_name} has no parameter "{unknown[0]}"; it has: {known}')
    missing = [key for key, required in required_by_name.items() if required and key not in chosen]
    if missing:
        raise TaskError(f'{class_name} needs the parameter "{missing[0]}"')
