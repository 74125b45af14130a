"""RecipeRegistry: the recipes on offer."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from acc.registry.base import BaseRegistry
from acc.registry.source import PACKAGE_ROOT

if TYPE_CHECKING:
    from acc.recipes.base import Recipe  # noqa: F401  # named in quotes below

DIRECTORY = PACKAGE_ROOT / "recipes"


class RecipeRegistry(BaseRegistry["Recipe"]):
    """Finds Recipe subclasses in acc/recipes and in further directories."""

    name = "recipes"
    base = "acc.recipes.base:Recipe"

    def __init__(self, directories: Iterable[Path] = (), **options: Any) -> None:
        super().__init__([DIRECTORY], directories, **options)
