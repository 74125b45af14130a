"""ModelRegistry: the autoencoder classes on offer."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from acc.registry.base import BaseRegistry
from acc.registry.source import PACKAGE_ROOT

if TYPE_CHECKING:
    from acc.autoencoder import BaseAutoencoder  # noqa: F401  # named in quotes below

DIRECTORY = PACKAGE_ROOT / "models"
SHIPPED = ("autoencoder.py", "conv_vae.py", "factor_slot_autoencoder.py")


class ModelRegistry(BaseRegistry["BaseAutoencoder"]):
    """Finds BaseAutoencoder subclasses in acc's model files, acc/models, further directories."""

    name = "models"
    base = "acc.autoencoder:BaseAutoencoder"

    def __init__(self, directories: Iterable[Path] = (), **options: Any) -> None:
        shipped = [PACKAGE_ROOT / name for name in SHIPPED]
        super().__init__([*shipped, DIRECTORY], directories, shipped=shipped, **options)
