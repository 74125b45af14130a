"""The classes that ship with ACC, on offer as in a running system."""

from dataclasses import asdict
from functools import cache
from typing import Any

from tests.setup.waiting import wait_until
from trainer.services.registry import registry_store
from trainer.worker.watch.watch import registries_make


@cache
def _found() -> dict[str, list[dict[str, Any]]]:
    registries = registries_make(settle_seconds=0.0)

    def are_known() -> bool:
        """Look again where a file ran out of time: on a busy machine that says nothing of it."""
        for registry in registries:
            registry.refresh()
        return not any(registry.errors() for registry in registries)

    wait_until(are_known, "the shipped classes are on offer", seconds=300)
    return {registry.name: [asdict(offer) for offer in registry.list()] for registry in registries}


def shipped_classes_store() -> None:
    """Write the rows that the watcher would write; the files are looked at once a test run."""
    for registry, offers in _found().items():
        registry_store(registry=registry, offers=offers, errors=[])
