"""Classes from stored text: the version that work was given, wherever this process runs."""

from collections.abc import Iterable
from dataclasses import dataclass
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


@dataclass(frozen=True)
class ClassText:
    """A class as a stored text defines it, which has not been run yet."""

    ref: SourceRef
    text: str

    def load(self) -> type[Any]:
        """Return the class; the same text is run once in a process.

        Raises:
            LookupError: the text defines no such class.
            BaseException: whatever the text raises.
        """
        base: type = resolve_name(BASES[self.ref["registry"]])
        return load_class_from_source(self.text, self.ref["class_name"], base, self.ref["file"])


def class_load(ref: SourceRef) -> type[Any]:
    """Return a class as its stored text defines it.

    Args:
        ref: registry, class_name, file and sha256, as trainer.services.sources gives them.

    Raises:
        SourceLost: the text is not stored.
        BaseException: as `ClassText.load`.
    """
    return _stored(ref).load()


def _stored(ref: SourceRef) -> ClassText:
    source = Source.objects.filter(pk=ref["sha256"]).first()
    if source is None:
        raise SourceLost(
            f"the stored text of {ref['class_name']} ({ref['file']}, SHA-256 "
            f"{ref['sha256'][:12]}) is gone; start a new job, which takes the file as it is now"
        )
    return ClassText(ref, source.text)


def class_find(sources: Iterable[SourceRef], registry: str, class_name: str) -> type[Any]:
    """Return the class of a name from the versions that work was given.

    Raises:
        SourceLost: as `class_text`.
        BaseException: as `ClassText.load`.
    """
    return class_text(sources, registry, class_name).load()


def class_text(sources: Iterable[SourceRef], registry: str, class_name: str) -> ClassText:
    """Return the version that work was given of a class, without running it.

    Raises:
        SourceLost: the work was given none, or its text is not stored.
    """
    for ref in sources:
        if (ref["registry"], ref["class_name"]) == (registry, class_name):
            return _stored(ref)
    raise SourceLost(f"no stored version of {class_name} was given; start a new job")
