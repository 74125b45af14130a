"""Measuring a task: one that fails says why, and disturbs none of the others."""

from __future__ import annotations

import math
import random
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from acc.raised import code_errors
from acc.tasks.base import Metric, Task
from acc.tasks.errors import TaskError
from acc.tasks.model_probe import evaluation_mode

# What a metric means that its class does not declare, by a word of its name.
USUAL = {
    "accuracy": Metric("accuracy", good=0.9, poor=0.5),
    "loss": Metric("loss", good=0.1, poor=0.5),
    "error": Metric("error", good=0.1, poor=0.5),
}
LONGEST_NAME = 60
# Tasks that draw random numbers give the same metrics each time one state is evaluated.
SEED = 0


@dataclass(frozen=True)
class Measured:
    """A metric's value, finite or not, and what is known of the metric."""

    name: str
    value: float
    good: float | None = None
    poor: float | None = None
    unit: str = ""


@dataclass(frozen=True)
class TaskResult:
    """What one task measured, and what it could not, and why."""

    metrics: list[Measured] = field(default_factory=list)
    error: str = ""


def evaluate_task(task: Task, autoencoder: nn.Module, device: torch.device | str) -> TaskResult:
    """Return what a task's `evaluate` gives, or why it gives nothing.

    The task finds the model in eval mode and the random generators seeded; afterwards modes,
    weights, gradients and generators are as they were before, for the task that comes next.
    """
    try:
        with undisturbed(autoencoder, task.head):
            returned = task.evaluate(autoencoder, device)
        return _checked(task, returned)
    except TaskError as error:
        return TaskResult(error=str(error) or "evaluate raised TaskError without a word")
    except code_errors() as error:
        reason = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
        return TaskResult(error=f"evaluate raised {reason}")


@contextmanager
def undisturbed(*modules: nn.Module | None) -> Iterator[None]:
    """Put modules into eval mode with seeded generators; afterwards everything is as it was."""
    present = [module for module in modules if module is not None]
    states = [
        {key: tensor.detach().clone() for key, tensor in module.state_dict().items()}
        for module in present
    ]
    gradients = [
        (parameter, None if parameter.grad is None else parameter.grad.clone())
        for module in present
        for parameter in module.parameters()
    ]
    python, numbers = random.getstate(), np.random.get_state()  # noqa: NPY002  tasks may draw
    with evaluation_mode(*present):
        torch.manual_seed(SEED)
        random.seed(SEED)
        np.random.seed(SEED)  # noqa: NPY002
        try:
            yield
        finally:
            random.setstate(python)
            np.random.set_state(numbers)  # noqa: NPY002
            for module, state in zip(present, states, strict=True):
                module.load_state_dict(state)
            for parameter, gradient in gradients:
                parameter.grad = gradient


def _checked(task: Task, returned: Any) -> TaskResult:
    """Return what `evaluate` gave as plain numbers with their bounds; what is none is told.

    Raises:
        TaskError: it is no dictionary.
    """
    if not isinstance(returned, Mapping):
        raise TaskError(
            f"evaluate returned {type(returned).__name__}, not a dictionary of names and numbers"
        )
    declared = {metric.name: metric for metric in task.metrics or () if isinstance(metric, Metric)}
    measured, wrong = [], []
    for name, value in returned.items():
        try:
            number = _number(name, value)
        except TaskError as error:
            wrong.append(str(error))
            continue
        metric = declared.get(name) or _usual(name)
        measured.append(
            Measured(name, number)
            if metric is None
            else Measured(name, number, metric.good, metric.poor, metric.unit)
        )
    return TaskResult(measured, error="; ".join(wrong))


def _number(name: Any, value: Any) -> float:
    if not isinstance(name, str) or not 0 < len(name) <= LONGEST_NAME:
        raise TaskError(
            f"evaluate returned a metric called {name!r:.80}; "
            f"a name is text of 1 to {LONGEST_NAME} characters"
        )
    if isinstance(value, Tensor | np.ndarray) and math.prod(value.shape) == 1:
        value = value.item()
    if not isinstance(value, int | float | np.number | np.bool_) or isinstance(value, complex):
        raise TaskError(
            f"evaluate returned {type(value).__name__} as '{name}'; a metric is one number"
        )
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf


def _usual(name: str) -> Metric | None:
    words = re.findall(r"[a-z]+", name.lower())
    return next((USUAL[word] for word in words if word in USUAL), None)
