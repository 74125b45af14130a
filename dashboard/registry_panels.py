"""What the page of the classes needs: what is on offer, and which files are broken."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from dashboard.texts import literal_text
from trainer.models import RegisteredClass, Registry, RegistryError
from trainer.selectors.nodes import trainer_is_online
from trainer.selectors.registry import classes_offered, registry_errors

# What each registry collects, and where a file of it goes: directory and base class.
PLACES = {
    Registry.TASKS: ("task", "acc/tasks/", "acc.tasks.base.Task"),
    Registry.MODELS: ("model", "acc/models/", "acc.autoencoder.BaseAutoencoder"),
    Registry.GENERATORS: ("generator", "acc/generators/", "acc.generators.base.Generator"),
    Registry.RECIPES: ("recipe", "acc/recipes/", "acc.recipes.base.Recipe"),
}
TARGETS = {"classes": "class labels as targets", "float": "numbers as targets"}
NEEDS = {"decoder": "a decoder", "vae": "mu and logvar (a VAE)"}


@dataclass(frozen=True)
class ParameterRow:
    """One parameter of a class's constructor, as a person writes it."""

    name: str
    type: str
    default: str
    required: bool
    description: str


@dataclass(frozen=True)
class ClassRow:
    """One class on offer."""

    row: RegisteredClass
    parameters: list[ParameterRow]
    needs: list[str]
    metrics: list[str]
    last_good: bool

    @property
    def key(self) -> str:
        """A name of its own among all elements of the page."""
        return f"{self.row.registry}-{self.row.class_name}"


@dataclass(frozen=True)
class RegistryGroup:
    """The classes of one registry, and where a new one goes."""

    name: str
    noun: str
    directory: str
    base: str
    classes: list[ClassRow]


@dataclass(frozen=True)
class ErrorRow:
    """One thing wrong with one file, told once for all registries that look at the file."""

    key: str
    registries: list[str]
    file: str
    line: int | None
    error: str
    traceback: str
    since: datetime
    last_good: bool
    offered: list[RegisteredClass]

    @property
    def version(self) -> str:
        """The hash of the version that is still on offer; "" for none."""
        return self.offered[0].source_id if self.offered else ""


def classes_panel() -> dict[str, Any]:
    """Return what `partials/registry_classes.html` needs."""
    last_good = {(row.registry, row.file) for row in registry_errors() if row.last_good}
    return {
        "groups": [_group(registry, last_good) for registry in PLACES],
        "trainer_online": trainer_is_online(),
    }


def errors_panel() -> dict[str, Any]:
    """Return what `partials/registry_errors.html` needs."""
    offered: dict[tuple[str, str], list[RegisteredClass]] = {}
    for registry in PLACES:
        for row in classes_offered(registry):
            offered.setdefault((registry, row.file), []).append(row)
    alike: dict[tuple[str, int | None, str], list[RegistryError]] = {}
    for error in registry_errors():
        alike.setdefault((error.file, error.line, error.error), []).append(error)
    rows: list[ErrorRow] = []
    for same in alike.values():
        count_before = sum(row.file == same[0].file for row in rows)
        rows.append(_error_row(same, offered, count_before))
    return {"error_rows": rows, "broken_count": len({row.file for row in rows})}


def _group(registry: Registry, last_good: set[tuple[str, str]]) -> RegistryGroup:
    noun, directory, base = PLACES[registry]
    classes = [
        ClassRow(
            row=row,
            parameters=[_parameter(parameter) for parameter in row.parameters],
            needs=needs_of(row.requires),
            metrics=[_metric_text(metric) for metric in row.declares.get("metrics", [])]
            + _loss_texts(row.declares.get("loss_bounds")),
            last_good=(row.registry, row.file) in last_good,
        )
        for row in classes_offered(registry)
    ]
    return RegistryGroup(str(registry), noun, directory, base, classes)


def _error_row(
    same: list[RegistryError],
    offered: dict[tuple[str, str], list[RegisteredClass]],
    count_before: int,
) -> ErrorRow:
    first = same[0]
    file_key = hashlib.sha256(first.file.encode()).hexdigest()[:12]
    classes = [row for error in same for row in offered.get((error.registry, error.file), [])]
    return ErrorRow(
        key=f"{file_key}-{count_before}",
        registries=[error.registry for error in same],
        file=first.file,
        line=first.line,
        error=first.error,
        traceback=first.traceback,
        since=min(error.since for error in same),
        last_good=any(error.last_good for error in same),
        offered=classes,
    )


def _parameter(facts: dict[str, Any]) -> ParameterRow:
    required = bool(facts.get("required"))
    return ParameterRow(
        name=str(facts.get("name", "")),
        type=str(facts.get("type") or ""),
        default="" if required else literal_text(facts.get("default")),
        required=required,
        description=str(facts.get("description") or ""),
    )


def needs_of(requires: dict[str, Any]) -> list[str]:
    """Return in words what a class needs of its data set and model."""
    needs = []
    for name, value in requires.items():
        if name == "target_type" and value:
            needs.append(TARGETS.get(value, f"{value} as targets"))
        elif value:
            needs.append(NEEDS.get(name, name if value is True else f"{name} {value}"))
    return needs


def _metric_text(metric: dict[str, Any]) -> str:
    good, poor = metric["good"], metric["poor"]
    unit = f" {metric['unit']}" if metric.get("unit") else ""
    if good is None or poor is None:  # JSON has no infinity
        return f"{metric['name']}{unit}"
    way, limit = ("higher", "from") if good > poor else ("lower", "up to")
    return f"{metric['name']}: {way} is better, good {limit} {good:g}{unit}, poor at {poor:g}{unit}"


def _loss_texts(bounds: dict[str, Any] | None) -> list[str]:
    if not bounds or bounds.get("healthy") is None or bounds.get("critical") is None:
        return []
    return [f"loss: healthy below {bounds['healthy']:g}, critical above {bounds['critical']:g}"]
