"""GeneratorRegistry: the generators of synthetic data sets on offer."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from acc.registry.base import BaseRegistry
from acc.registry.source import PACKAGE_ROOT

if TYPE_CHECKING:
    from acc.generators.base import Generator  # noqa: F401  # named in quotes below

DIRECTORY = PACKAGE_ROOT / "generators"
SHIPPED = ("shapes.py", "slant.py", "thickness.py")


class GeneratorRegistry(BaseRegistry["Generator"]):
    """Finds Generator subclasses in acc/generators and in further directories."""

    name = "generators"
    base = "acc.generators.base:Generator"

    def __init__(self, directories: Iterable[Path] = (), **options: Any) -> None:
        shipped = [DIRECTORY / name for name in SHIPPED]
        super().__init__([DIRECTORY], directories, shipped=shipped, **options)
