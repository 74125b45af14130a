"""TaskRegistry: the task classes on offer, built in and from other people's files."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from acc.registry.base import BaseRegistry
from acc.registry.description import Parameter, parameters_of
from acc.registry.source import load_class_from_source
from acc.tasks.base import STANDARD_PARAMETERS, Task

BUILTIN_DIRECTORY = Path(__file__).parent


class TaskRegistry(BaseRegistry[Task]):
    """Finds Task subclasses in acc/tasks and in further directories."""

    def __init__(self, directories: Iterable[Path] = ()) -> None:
        super().__init__(
            Task,  # type: ignore[type-abstract]  # only ever asked for its subclasses
            builtin=[BUILTIN_DIRECTORY],
            directories=directories,
        )

    def parameters(self, cls: type[Task]) -> tuple[Parameter, ...]:
        """Return the parameters that not every task has anyway."""
        return parameters_of(cls, without=STANDARD_PARAMETERS)

    def requires(self, cls: type[Task]) -> Mapping[str, Any]:
        """Return what data set and model have to bring."""
        return {
            "target_type": cls.requires_target,
            "decoder": cls.requires_decoder,
            "vae": cls.requires_vae,
        }


def load_task_class(text: str, class_name: str, file: str | Path) -> type[Task]:
    """Return a task class from the text that was stored for it.

    Raises:
        LookupError: the text defines no such task.
        BaseException: whatever the text raises.
    """
    return load_class_from_source(text, class_name, Task, file)  # type: ignore[type-abstract]
