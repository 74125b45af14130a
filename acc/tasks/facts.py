"""What a screen shows of a task class before there is a task."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from acc.registry.description import facts_of, parameters_of
from acc.tasks.base import STANDARD_PARAMETERS, LossBounds, Metric, Task


def task_facts(cls: type[Task]) -> dict[str, Any]:
    """Return the facts of any class, and what a task class declares beside them.

    Raises:
        TypeError: `metrics` holds something else than Metric, or `loss_bounds` is no LossBounds.
    """
    own = parameters_of(cls, without=STANDARD_PARAMETERS)
    return {
        **facts_of(cls),
        "parameters": [asdict(parameter) for parameter in own],
        "requires": {
            "target_type": cls.requires_target,
            "decoder": cls.requires_decoder,
            "vae": cls.requires_vae,
        },
        "declares": {
            "metrics": [_metric(metric) for metric in cls.metrics],
            "loss_bounds": _bounds(cls.loss_bounds),
        },
    }


def _bounds(bounds: Any) -> dict[str, Any] | None:
    # A property stands for bounds that depend on a parameter: known of tasks only.
    if bounds is None or hasattr(bounds, "__get__"):
        return None
    if not isinstance(bounds, LossBounds):
        raise TypeError(f"loss_bounds is {bounds!r}; write LossBounds(healthy=..., critical=...)")
    return asdict(bounds)


def _metric(metric: Any) -> dict[str, Any]:
    if not isinstance(metric, Metric):
        raise TypeError(f"metrics holds {metric!r}; write Metric(name, good=..., poor=...)")
    return asdict(metric)
