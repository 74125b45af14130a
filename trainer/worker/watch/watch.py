"""The registries of a running system, and how what they find gets into rows."""

import logging
import math
import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from functools import partial
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
from trainer.models import RegisteredClass, Registry, RegistryError
from trainer.selectors.nodes import node_leads
from trainer.services.registry import registry_store
from trainer.worker.patience import persist

logger = logging.getLogger("acc.registry")

Rows = set[tuple[str, ...]]

SETTLE_SECONDS = 0.1
# How often a trainer side that does not lead asks whether it has to.
LEAD_SECONDS = 1.0


# The first two times that rows are put right are so far apart; it doubles from there.
MEND_SECONDS = 2.0
MOST_MEND_SECONDS = 300.0


class LeadLostError(Exception):
    """Another trainer side keeps the rows now."""


def watch() -> None:
    """Follow the files of all registries for ever, whenever it is this trainer side's turn.

    Of several trainer sides on one database one alone keeps the rows: each machine has files of
    its own, and two would undo each other's work.
    """
    while True:
        while not persist(leads):
            say_ready()
            close_old_connections()
            time.sleep(LEAD_SECONDS)
        try:
            _follow()
        except LeadLostError:
            logger.info("another trainer side keeps the classes on offer now")


def leads() -> bool:
    """Return whether the trainer side that this process belongs to keeps the rows."""
    return node_leads(os.environ.get("ACC_NODE", ""))


def _follow() -> None:
    registries = registries_make(settle_seconds=SETTLE_SECONDS)
    for registry in registries:
        registry.remember(offers_stored(registry.name))
    close_old_connections()
    keeper = Keeper(registries)

    def as_leader(work: Callable[[], None]) -> None:
        if not persist(leads):
            raise LeadLostError
        work()
        # Else a database that restarts meanwhile is noticed by the next write only.
        close_old_connections()

    Watcher(
        registries,
        lambda registry: as_leader(partial(keeper.keep, registry)),
        on_ready=say_ready,
        poll=settings.ACC_WATCH == "poll",
        on_sweep=lambda: as_leader(keeper.mend),
    ).run()


def say_ready() -> None:
    """Tell the process that started this one, if one did, that a saved file is seen at once."""
    # Taken out: told once, and the files that are looked at do not learn of it.
    ready_fd = os.environ.pop("ACC_READY_FD", None)
    if ready_fd is not None:
        os.write(int(ready_fd), b"1")
        os.close(int(ready_fd))


def registries_make(*, settle_seconds: float) -> list[BaseRegistry[Any]]:
    """Return the registries over acc's own directories and those of ACC_TASK_DIRS."""
    kinds = (TaskRegistry, ModelRegistry, GeneratorRegistry, RecipeRegistry)
    options: dict[str, Any] = {
        "directories": settings.ACC_TASK_DIRS,
        "never_under": [settings.MEDIA_ROOT],
        "settle_seconds": settle_seconds,
        "kinds": {kind.base: kind.facts for kind in kinds},
    }
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


def rows_stored() -> dict[str, Rows]:
    """Return by registry which rows there are, of classes and of errors."""
    found: dict[str, Rows] = {name: set() for name in Registry.values}
    for name, *rest in RegisteredClass.objects.values_list("registry", "class_name", "source"):
        found[name].add(tuple(rest))
    for name, *rest in RegistryError.objects.values_list("registry", "file", "error"):
        found[name].add(tuple(rest))
    return found


class Keeper:
    """Writes what registries offer into rows, and tells the log what is newly wrong."""

    def __init__(self, registries: Sequence[BaseRegistry[Any]]) -> None:
        """Keep the rows of these registries; they may share directories."""
        self._registries = registries
        self._found: dict[str, list[LoadError]] = {}
        self._stored: dict[str, list[LoadError]] = {}
        self._rows: dict[str, Rows] = {}
        self._mend_from = -math.inf
        self._mend_wait = MEND_SECONDS

    def keep(self, registry: BaseRegistry[Any]) -> None:
        """Make the rows say what the registry says.

        Raises:
            django.db.Error: the database stays away; a new process begins again.
        """
        self._found[registry.name] = registry.errors()
        told = one_each(self._found, order=[registry.name for registry in self._registries])
        # Registries look one after the other: the one that is told of an error may not be the one
        # that goes on offering the file's classes.
        looked = [other for other in self._registries if other.name in self._found]
        offered = {offer.file for other in looked for offer in other.list()}
        for other in self._registries:
            errors = [
                replace(error, last_good=error.last_good or error.file in offered)
                for error in told.get(other.name, [])
            ]
            if other is registry or errors != self._stored.get(other.name, []):
                self._store(other, errors)

    def mend(self) -> None:
        """Make the rows say again what they said, where another trainer side has written since.

        It does so in the seconds in which a starved machine, that leads, goes unheard. Two whose
        clocks differ may both take themselves for the leader: each waits longer every time, else
        they would undo each other's work once a second. Rows that then stay right for as long as
        was waited are nobody else's any more.

        Raises:
            django.db.Error: as `keep`.
        """
        now = time.monotonic()
        if now < self._mend_from:
            return
        found = persist(rows_stored)
        wrong = [
            registry
            for registry in self._registries
            if registry.name in self._rows and found[registry.name] != self._rows[registry.name]
        ]
        for registry in wrong:
            self._store(registry, self._stored[registry.name])
        if wrong:
            logger.warning(
                "another trainer side wrote the classes on offer, and they are put right; "
                "if this is told again and again, compare the clocks of the machines"
            )
            self._mend_from = now + self._mend_wait
            self._mend_wait = min(2 * self._mend_wait, MOST_MEND_SECONDS)
        elif now >= self._mend_from + self._mend_wait:
            self._mend_wait = MEND_SECONDS

    def _store(self, registry: BaseRegistry[Any], errors: list[LoadError]) -> None:
        offers = registry.list()
        facts = [asdict(offer) for offer in offers]
        rows = [asdict(error) for error in errors]
        persist(lambda: registry_store(registry=registry.name, offers=facts, errors=rows))
        for error in errors:
            if error not in self._stored.get(registry.name, []):
                place = f"{error.file}:{error.line}" if error.line else error.file
                logger.warning("%s: %s", place, error.error.partition("\n")[0])
        self._stored[registry.name] = errors
        # Not read back: another trainer side may have written since.
        classes = {(offer.class_name, offer.source_sha256) for offer in offers}
        self._rows[registry.name] = classes | {(error.file, error.error) for error in errors}


def one_each(
    found: Mapping[str, list[LoadError]], *, order: list[str]
) -> dict[str, list[LoadError]]:
    """Return the errors by registry, each once: several registries read the same directories.

    A file that does not load belongs to the registry that still offers classes of it; one that
    never did, to the first that reads it.
    """
    owners: dict[tuple[str, int | None, str], str] = {}
    for last_good in (True, False):
        for name in order:
            for error in found.get(name, []):
                if error.last_good == last_good:
                    owners.setdefault(_key(error), name)
    return {
        name: [error for error in errors if owners[_key(error)] == name]
        for name, errors in found.items()
    }


def _key(error: LoadError) -> tuple[str, int | None, str]:
    return error.file, error.line, error.error
