"""Machines of one system that share a database and no disk."""

from pathlib import Path
from typing import Any

import pytest


class Machines:
    """Lets a test act on one machine and then on another one: each has an ACC_HOME of its own."""

    def __init__(self, settings: Any, place: Path) -> None:
        self._settings = settings
        self._place = place
        settings.ACC_STORAGE = "database"
        settings.STORAGES = {
            **settings.STORAGES,
            "default": {"BACKEND": "trainer.storage.DatabaseStorage"},
        }
        self.go_to("one")

    def go_to(self, name: str) -> None:
        """Act on another machine from now on."""
        home = self._place / name
        self._settings.CHECKPOINT_DIR = home / "checkpoints"
        self._settings.DATASET_DIR = home / "datasets"
        self._settings.MEDIA_ROOT = home / "media"

    def files(self) -> set[str]:
        """Return the names of the checkpoints' and datasets' files on this machine."""
        rooms = (self._settings.CHECKPOINT_DIR, self._settings.DATASET_DIR)
        return {path.name for room in rooms if room.exists() for path in room.iterdir()}


@pytest.fixture
def machines(settings: Any, tmp_path: Path) -> Machines:
    """Two or more machines; the test begins on the one called "one"."""
    return Machines(settings, tmp_path / "machines")
