"""The registries of a running system, and how what they find gets into rows."""

import logging
from dataclasses import asdict
from typing import Any

from django.conf import settings
from django.db import close_old_connections

from acc.generators.registry import GeneratorRegistry
from acc.models.registry import ModelRegistry
from acc.recipes.registry import RecipeRegistry
from acc.registry.base import BaseRegistry
from acc.registry.errors import LoadError
from acc.registry.offer import RegisteredClass as Offer
from acc.registry.watcher import Watcher
from acc.tasks.registry import TaskRegistry
from trainer.models import RegisteredClass
from trainer.services.registry import registry_store
from trainer.worker.patience import persist

logger = logging.getLogger("acc.registry")

SETTLE_SECONDS = 0.1


def watch() -> None:
    """Follow the files of all registries for ever."""
    registries = registries_make(settle_seconds=SETTLE_SECONDS)
    for registry in registries:
        registry.remember(offers_stored(registry.name))
    close_old_connections()
    Watcher(registries, Keeper().keep, poll=settings.ACC_WATCH == "poll").run()


def registries_make(*, settle_seconds: float) -> list[BaseRegistry[Any]]:
    """Return the registries over acc's own directories and those of ACC_TASK_DIRS."""
    options: dict[str, Any] = {
        "directories": settings.ACC_TASK_DIRS,
        "never_under": [settings.MEDIA_ROOT],
        "settle_seconds": settle_seconds,
    }
    kinds = (TaskRegistry, ModelRegistry, GeneratorRegistry, RecipeRegistry)
    return [kind(**options) for kind in kinds]


def offers_stored(registry: str) -> list[Offer]:
    """Return the classes that were on offer when the rows were written last."""
    rows = RegisteredClass.objects.filter(registry=registry).select_related("source")
    return [
        Offer(
            class_name=row.class_name,
            module=row.module,
            file=row.file,
            source=row.source.text,
            source_sha256=row.source_id,
            description=row.description,
            parameters=row.parameters,
            requires=row.requires,
            declares=row.declares,
        )
        for row in rows
    ]


class Keeper:
    """Writes what registries offer into rows, and tells the log what is newly wrong."""

    def __init__(self) -> None:
        self._told: dict[str, list[LoadError]] = {}

    def keep(self, registry: BaseRegistry[Any]) -> None:
        """Make the rows say what the registry says.

        Raises:
            django.db.Error: the database stays away; a new process begins again.
        """
        offers = [asdict(offer) for offer in registry.list()]
        errors = registry.errors()
        rows = [asdict(error) for error in errors]
        persist(lambda: registry_store(registry=registry.name, offers=offers, errors=rows))
        # Else a database that restarts meanwhile is noticed by the next write only.
        close_old_connections()
        for error in errors:
            if error not in self._told.get(registry.name, []):
                place = f"{error.file}:{error.line}" if error.line else error.file
                logger.warning("%s: %s", place, error.error.partition("\n")[0])
        self._told[registry.name] = errors
