"""RegisteredClass: all that a screen or a row needs to know of a class on offer."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class RegisteredClass:
    """A class on offer, as plain data: reading it runs nobody's code.

    Attributes:
        parameters: name, type, default, required and description of each.
        declares: what else the class says of itself, such as its metrics.
        line: of the class statement in its file.
    """

    class_name: str
    module: str
    file: str
    source: str
    source_sha256: str
    description: str = ""
    parameters: Sequence[Mapping[str, Any]] = ()
    requires: Mapping[str, Any] = field(default_factory=dict)
    declares: Mapping[str, Any] = field(default_factory=dict)
    line: int | None = None


def storable(value: Any) -> Any:
    """Return a JSON value as every database takes it.

    NUL characters and lone surrogates become escapes, numbers that JSON has not become None.
    """
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode().replace("\0", "\\0")
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {storable(key): storable(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [storable(item) for item in value]
    return value
