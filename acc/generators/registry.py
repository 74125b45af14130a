"""GeneratorRegistry: the generators of synthetic data sets on offer."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from acc.generators.base import Generator
from acc.registry.base import BaseRegistry


class GeneratorRegistry(BaseRegistry[Generator]):
    """Finds Generator subclasses in acc/generators and in further directories."""

    def __init__(self, directories: Iterable[Path] = ()) -> None:
        super().__init__(
            Generator,  # type: ignore[type-abstract]  # only ever asked for its subclasses
            builtin=[Path(__file__).parent],
            directories=directories,
        )
