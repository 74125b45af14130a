"""What a class's constructor takes, by its declaration: how a value is given, and which fit."""

import ast
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Members = list[tuple[str, tuple[Any, ...]]]
_JSON_TYPES = {
    *("list", "tuple", "dict", "set", "List", "Tuple", "Dict", "Sequence", "Mapping"),
    *("Collection", "Iterable", "MutableMapping", "MutableSequence"),
}
# A default that JSON has no value for is declared as its text: "inf", "torch.float32", "Path('x')".
_TEXT_OF_ANOTHER = re.compile(r"-?inf|nan|.*[.(<].*", re.DOTALL)


class ParameterRefused(Exception):
    """A value does not fit what a class declares; the text says what would."""


@dataclass(frozen=True)
class Kind:
    """How a parameter is typed in: flag, whole, number, choice, text, json or any."""

    name: str
    nullable: bool = False
    choices: tuple[Any, ...] = ()


def kind_of(parameter: Mapping[str, Any]) -> Kind:
    """Return how a parameter is typed in, by its annotation, else by its default."""
    try:
        members = _members(ast.parse(parameter["type"].strip(), mode="eval").body)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return Kind(_kind_of_default(parameter["default"]))
    names = {name for name, _ in members}
    nullable = "None" in names
    names.discard("None")
    if names == {"Literal"}:
        values = tuple(value for _, literals in members for value in literals)
        return Kind("choice", nullable, (*values, None) if nullable else values)
    if names == {"bool"}:
        return Kind("choice", True, (True, False, None)) if nullable else Kind("flag")
    return Kind(_kind_of_names(names), nullable)


def _kind_of_names(names: set[str]) -> str:
    if names == {"int"}:
        return "whole"
    if names and names <= {"int", "float"}:
        return "number"
    if "str" in names:
        return "text"
    return "json" if names and names <= _JSON_TYPES else "any"


def _kind_of_default(default: Any) -> str:
    if isinstance(default, bool):
        return "flag"
    return "text" if isinstance(default, str) else "any"


def _members(node: ast.expr) -> Members:
    """Return the members of a union: (name, ()), or ("Literal", its values).

    Raises:
        ValueError: a literal's value is none that a form could show.
    """
    if isinstance(node, ast.Subscript):
        return _subscripted(node)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
        return [*_members(node.left), *_members(node.right)]
    if isinstance(node, ast.Constant) and isinstance(node.value, str):  # in quotes
        return _members(ast.parse(node.value, mode="eval").body)
    name = str(node.value) if isinstance(node, ast.Constant) else _last_name(node)
    return [(name, ())]


def _subscripted(node: ast.Subscript) -> Members:
    name = _last_name(node.value)
    inner = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
    if name == "Literal":
        values = tuple(ast.literal_eval(item) for item in inner)
        if not all(value is None or isinstance(value, str | int) for value in values):
            raise ValueError("a literal that JSON has no value for")
        return [("Literal", values)]
    of_union = {"Union": inner, "Optional": inner[:1], "Annotated": inner[:1]}
    if name not in of_union:
        return [(name, ())]
    members = [member for item in of_union[name] for member in _members(item)]
    return [*members, ("None", ())] if name == "Optional" else members


def _last_name(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def params_check(
    class_name: str, parameters: Sequence[Mapping[str, Any]], params: Mapping[str, Any]
) -> None:
    """Pass if values may be given to a class's constructor, as far as its declaration tells.

    Args:
        parameters: what the class declares, as its row keeps it.
        params: JSON values by name.

    Raises:
        ParameterRefused: a name is unknown or missing, or a value is of another type.
    """
    declared = {parameter["name"]: parameter for parameter in parameters}
    for name, value in params.items():
        if name not in declared:
            known = ", ".join(declared) or "none"
            raise ParameterRefused(f"{class_name} has no parameter '{name}'; it has: {known}")
        wanted = _wanted(declared[name], value)
        if wanted:
            raise ParameterRefused(f"{name} of {class_name} must be {wanted}")
    for name, parameter in declared.items():
        if parameter["required"] and name not in params:
            raise ParameterRefused(f"{class_name} needs the parameter '{name}'")


def _wanted(parameter: Mapping[str, Any], value: Any) -> str:
    """Return what a value would have to be; "" where it fits."""
    kind = kind_of(parameter)
    optional = parameter["default"] is None and not parameter["required"]
    if value is None and (kind.nullable or optional):
        return ""
    if not parameter["type"]:
        kind = _kind_without_annotation(parameter)
    if kind.name == "choice":
        # Compared with their types: to Python, True is 1.
        fits = any(type(value) is type(choice) and value == choice for choice in kind.choices)
        return "" if fits else "one of " + ", ".join(str(choice) for choice in kind.choices)
    if kind.name == "text" and not isinstance(value, str):
        # A union with another type takes more than texts; that is left to the constructor.
        return "a text" if parameter["type"] in {"", "str", "str | None"} else ""
    words, fits_kind = _FITS.get(kind.name, ("", _anything))
    return "" if fits_kind(value) else words


def _kind_without_annotation(parameter: Mapping[str, Any]) -> Kind:
    """Return the kind that the type of a default tells; "any" where there is none that tells."""
    default = parameter["default"]
    if isinstance(default, int | float) and not isinstance(default, bool):
        return Kind("number")
    if isinstance(default, str) and _TEXT_OF_ANOTHER.fullmatch(default):
        return Kind("any")
    return Kind(_kind_of_default(default))


def _is_number(value: Any) -> bool:
    # A whole number may be larger than any float; NaN is neither larger nor smaller.
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return number and abs(value) <= sys.float_info.max


def _anything(_: Any) -> bool:
    return True


_FITS: dict[str, tuple[str, Callable[[Any], bool]]] = {
    "flag": ("true or false", lambda value: isinstance(value, bool)),
    "whole": ("a whole number", lambda value: type(value) is int),
    "number": ("a finite number", _is_number),
    "json": ("a list or an object", lambda value: isinstance(value, list | dict)),
}
