"""TaskRegistry: the task classes on offer, built in and from other people's files."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from acc.registry.base import BaseRegistry
from acc.registry.source import PACKAGE_ROOT

if TYPE_CHECKING:
    from acc.tasks.base import Task  # noqa: F401  # named in quotes below

DIRECTORY = PACKAGE_ROOT / "tasks"
SHIPPED = ("classification.py", "kl_divergence.py", "reconstruction.py", "regression.py")


class TaskRegistry(BaseRegistry["Task"]):
    """Finds Task subclasses in acc/tasks and in further directories."""

    name = "tasks"
    base = "acc.tasks.base:Task"
    facts = "acc.tasks.facts:task_facts"

    def __init__(self, directories: Iterable[Path] = (), **options: Any) -> None:
        shipped = [DIRECTORY / name for name in SHIPPED]
        super().__init__([DIRECTORY], directories, shipped=shipped, **options)
