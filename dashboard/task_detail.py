"""What the drawer about one task shows."""

from dataclasses import dataclass
from typing import Any

from dashboard.card_panels import card_panel
from dashboard.texts import literal_text, metric_text
from trainer.models import RegisteredClass, Registry, TaskCard
from trainer.selectors.jobs import job_current
from trainer.selectors.registry import class_offered
from trainer.selectors.task_detail import card_evals, happenings_of, series_of, sha256_in_job


@dataclass(frozen=True)
class ParameterValue:
    """A parameter of the task's class with its value."""

    name: str
    value: str
    is_default: bool
    description: str


@dataclass(frozen=True)
class MetricRow:
    """One metric over the last evaluations, the newest first."""

    name: str
    values: list[str]


def detail_panel(card: TaskCard | None) -> dict[str, Any]:
    """Return what `partials/task_detail.html` needs; without a card, it was removed meanwhile."""
    if card is None:
        return {"card": None}
    job = job_current(card.experiment)
    offered = class_offered(Registry.TASKS, card.class_name)
    evals = card_evals(card)
    names = dict.fromkeys(name for _, metrics in evals for name in metrics)
    return {
        **card_panel(card),
        "card": card,
        "offered": offered,
        "job": job,
        "job_sha256": sha256_in_job(card, job),
        "parameters": _parameters(card, offered),
        "series": series_of(card, job),
        "eval_steps": [run.step for run, _ in evals],
        "metric_rows": [
            MetricRow(name, [metric_text(metrics.get(name)) for _, metrics in evals])
            for name in names
        ],
        "happenings": happenings_of(card, job),
    }


def _parameters(card: TaskCard, offered: RegisteredClass | None) -> list[ParameterValue]:
    """Return the declared parameters with their values, then those given that none declares."""
    declared = {str(row["name"]): row for row in (offered.parameters if offered else [])}
    rows = []
    for name in [*declared, *(name for name in card.params if name not in declared)]:
        facts = declared.get(name, {})
        is_default = name not in card.params
        value = facts.get("default") if is_default else card.params[name]
        description = str(facts.get("description") or "")
        rows.append(ParameterValue(name, literal_text(value), is_default, description))
    return rows
