"""What a screen shows of a class: a sentence, and its constructor's parameters."""

from __future__ import annotations

import inspect
import math
import re
from collections.abc import Collection, Iterator
from dataclasses import asdict, dataclass
from typing import Any

_ENTRY = re.compile(r"(\w+)\s*(?:\([^)]*\))?:\s*(.*)")
LONGEST_NAME = 100
_NOT_NAMED = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)


@dataclass(frozen=True)
class Parameter:
    """One parameter of a constructor; `default` is a JSON value, or the text of another one."""

    name: str
    type: str
    default: Any
    required: bool
    description: str


def facts_of(cls: type) -> dict[str, Any]:
    """Return what a registry keeps of a class, as JSON values.

    Raises:
        ValueError: the class's name is too long to be kept.
    """
    if len(cls.__name__) > LONGEST_NAME:
        raise ValueError(f"a class name may have {LONGEST_NAME} characters: {cls.__name__}")
    return {
        "description": describe(cls),
        "parameters": [asdict(parameter) for parameter in parameters_of(cls)],
        "requires": {},
        "declares": {},
    }


def describe(cls: type) -> str:
    """Return the first line of the class's own docstring; "" where it has none."""
    lines = inspect.cleandoc(cls.__doc__ or "").splitlines()
    return lines[0].strip() if lines else ""


def parameters_of(cls: type, *, without: Collection[str] = ()) -> tuple[Parameter, ...]:
    """Return the parameters that the class's constructor takes by name."""
    texts = _texts(cls)
    return tuple(
        Parameter(
            name=parameter.name,
            type=_type_text(parameter.annotation),
            default=_json_value(parameter.default),
            required=parameter.default is inspect.Parameter.empty,
            description=texts.get(parameter.name, ""),
        )
        for parameter in _constructor_parameters(cls)
        if parameter.name not in without
    )


def _constructor_parameters(cls: type) -> Iterator[inspect.Parameter]:
    """Yield named parameters; past a **kwargs also those of the constructor it hands them to."""
    seen: set[str] = set()
    for ancestor in cls.__mro__:
        if ancestor is object or "__init__" not in vars(ancestor):
            continue
        try:
            _self, *parameters = inspect.signature(vars(ancestor)["__init__"]).parameters.values()
        except (TypeError, ValueError):  # a constructor in C, or one without self
            return
        for parameter in parameters:
            if parameter.kind not in _NOT_NAMED and parameter.name not in seen:
                seen.add(parameter.name)
                yield parameter
        if not any(parameter.kind is inspect.Parameter.VAR_KEYWORD for parameter in parameters):
            return


def _texts(cls: type) -> dict[str, str]:
    """Return the Args texts of the class and its constructor, nearest in the line of classes."""
    texts: dict[str, str] = {}
    for ancestor in reversed(cls.__mro__[:-1]):
        texts |= _args_section(ancestor.__doc__)
        texts |= _args_section(getattr(vars(ancestor).get("__init__"), "__doc__", None))
    return texts


def _args_section(docstring: str | None) -> dict[str, str]:
    """Return parameter -> text of a Google-style "Args:" section."""
    texts: dict[str, str] = {}
    lines = iter(inspect.cleandoc(docstring or "").splitlines())
    if not any(line.strip() in ("Args:", "Arguments:") for line in lines):
        return texts
    indent, name = 0, ""
    for line in lines:
        text = line.strip()
        depth = len(line) - len(line.lstrip())
        if text and not depth:
            break  # the next section
        indent = indent or depth
        entry = _ENTRY.fullmatch(text) if depth == indent else None
        if entry:
            name, texts[entry[1]] = entry[1], entry[2]
        elif text and name:
            texts[name] = f"{texts[name]} {text}".strip()
    return texts


def _type_text(annotation: Any) -> str:
    if annotation is inspect.Parameter.empty:
        return ""
    return annotation if isinstance(annotation, str) else inspect.formatannotation(annotation)


def _json_value(default: Any) -> Any:
    if default is inspect.Parameter.empty or default is None:
        return None
    if isinstance(default, bool | int | str):
        return default
    if isinstance(default, float):
        return default if math.isfinite(default) else repr(default)
    if isinstance(default, list | tuple):
        return [_json_value(item) for item in default]
    if isinstance(default, dict):
        return {str(key): _json_value(value) for key, value in default.items()}
    return repr(default)
