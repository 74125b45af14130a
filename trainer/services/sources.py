"""Which version of which file a class is taken from: what work is given along with its plan."""

from collections.abc import Iterable

from trainer.models import RegisteredClass, Registry

SourceRef = dict[str, str]

# What a class of each registry is called in a sentence.
NOUNS = {
    Registry.TASKS: "task",
    Registry.MODELS: "model",
    Registry.GENERATORS: "generator",
    Registry.RECIPES: "recipe",
}


class ClassMissing(Exception):
    """A class is not on offer; the text says which are."""


def source_of(registry: str, class_name: str) -> SourceRef:
    """Return where a class on offer comes from: registry, class_name, file and sha256.

    Raises:
        ClassMissing: no such class is on offer.
    """
    return sources_of([(registry, class_name)])[0]


def sources_of(classes: Iterable[tuple[str, str]]) -> list[SourceRef]:
    """Return where classes on offer come from, each once, in the order asked.

    Raises:
        ClassMissing: one is not on offer.
    """
    offered = {(row.registry, row.class_name): row for row in RegisteredClass.objects.all()}
    refs = []
    for registry, class_name in dict.fromkeys(classes):
        row = offered.get((registry, class_name))
        if row is None:
            names = sorted(name for other, name in offered if other == registry)
            raise ClassMissing(
                f"no {NOUNS[Registry(registry)]} class is called '{class_name}'; "
                f"there are: {', '.join(names) or 'none yet'}"
            )
        refs.append(
            {
                "registry": str(registry),
                "class_name": class_name,
                "file": row.file,
                "sha256": row.source_id,
            }
        )
    return refs
