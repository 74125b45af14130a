"""ModelRegistry: the autoencoder classes on offer."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from acc.autoencoder import BaseAutoencoder
from acc.registry.base import BaseRegistry
from acc.registry.source import PACKAGE_ROOT

BUILTIN_FILES = ("autoencoder.py", "conv_vae.py", "factor_slot_autoencoder.py")


class ModelRegistry(BaseRegistry[BaseAutoencoder]):
    """Finds BaseAutoencoder subclasses in acc's model files, acc/models, further directories."""

    def __init__(self, directories: Iterable[Path] = ()) -> None:
        files = [PACKAGE_ROOT / name for name in BUILTIN_FILES]
        super().__init__(
            BaseAutoencoder,  # type: ignore[type-abstract]  # only ever asked for its subclasses
            builtin=[*files, Path(__file__).parent],
            directories=directories,
        )
