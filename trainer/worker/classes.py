"""Classes from stored text: the version that work was given, wherever this process runs."""

from collections.abc import Iterable
from pkgutil import resolve_name
from typing import Any

from acc.registry.source import load_class_from_source
from trainer.models import Registry, Source
from trainer.services.sources import SourceRef

# By name: whoever carries out a recipe need not have torch, which the other bases import.
BASES: dict[str, str] = {
    Registry.TASKS: "acc.tasks.base:Task",
    Registry.MODELS: "acc.autoencoder:BaseAutoencoder",
    Registry.GENERATORS: "acc.generators.base:Generator",
    Registry.RECIPES: "acc.recipes.base:Recipe",
}


class SourceLost(Exception):
    """The text of a class that work was given is not there; the text says what to do."""


def class_load(ref: SourceRef) -> type[Any]:
    """Return a class as its stored text defines it.

    Args:
        ref: registry, class_name, file and sha256, as trainer.services.sources gives them.

    Raises:
        SourceLost: the text is not stored.
        LookupError: the text defines no such class.
        BaseException: whatever the text raises.
    """
    source = Source.objects.filter(pk=ref["sha256"]).first()
    if source is None:
        raise SourceLost(
            f"the stored text of {ref['class_name']} ({ref['file']}, SHA-256 "
            f"{ref['sha256'][:12]}) is gone; start a new job, which takes the file as it is now"
        )
    base: type = resolve_name(BASES[ref["registry"]])
    return load_class_from_source(source.text, ref["class_name"], base, ref["file"])


def class_find(sources: Iterable[SourceRef], registry: str, class_name: str) -> type[Any]:
    """Return the class of a name from the versions that work was given.

    Raises:
        SourceLost: the work was given no version of it.
        BaseException: as `class_load`.
    """
    for ref in sources:
        if (ref["registry"], ref["class_name"]) == (registry, class_name):
            return class_load(ref)
    raise SourceLost(f"no stored version of {class_name} was given; start a new job")
