"""A registry of animals: quick to probe, since their module imports nothing slow."""

from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any

from acc.registry.base import BaseRegistry


class Animal:
    """What the files of these tests subclass."""

    def sound(self) -> str:
        """Return what it says."""
        return ""


class Beast(Animal, ABC):
    """Leaves open what it says."""

    @abstractmethod
    def sound(self) -> str:
        """Return what it says."""


class ImportedDog(Animal):
    """What a file may import without offering it."""

    def sound(self) -> str:
        return "woof"


HEAD = "from tests.acc.registry.zoo import Animal\n"


def animal(name: str, sound: str = "woof") -> str:
    """Return the text of a class."""
    return f"{HEAD}class {name}(Animal):\n    def sound(self):\n        return {sound!r}\n"


class Zoo(BaseRegistry[Animal]):
    """A registry over directories."""

    name = "animals"
    base = "tests.acc.registry.zoo:Animal"

    def __init__(self, *directories: Path, **options: Any) -> None:
        super().__init__((), directories, **options)

    @property
    def names(self) -> list[str]:
        return [entry.class_name for entry in self.list()]

    @property
    def problems(self) -> list[str]:
        return [f"{Path(e.file).name}:{e.line} {e.error}" for e in self.errors()]
