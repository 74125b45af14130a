"""A class's own parameters as fields of a form, typed as its constructor declares them."""

import ast
import json
import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NoReturn, cast

from django import forms
from django.core.exceptions import ValidationError

# What a field gives where the constructor's own default is to hold.
OMITTED = object()

Members = list[tuple[str, tuple[Any, ...]]]
_WHOLE = re.compile(r"[+-]?[0-9]{1,18}")
_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,4})?")
_JSON_TYPES = {
    *("list", "tuple", "dict", "set", "List", "Tuple", "Dict", "Sequence", "Mapping"),
    *("Collection", "Iterable", "MutableMapping", "MutableSequence"),
}
_WORDS = {
    "whole": "Must be a whole number.",
    "number": "Must be a number.",
    "json": "Must be JSON, such as [1, 2].",
}


@dataclass(frozen=True)
class Kind:
    """How a parameter is typed in: flag, whole, number, choice, text, json or any."""

    name: str
    nullable: bool = False
    choices: tuple[Any, ...] = ()


def kind_of(parameter: dict[str, Any]) -> Kind:
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


class ReadField(forms.CharField):
    """A text that is read as a value of the parameter's type."""

    def __init__(self, *, read: Callable[[str], Any], if_empty: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.read = read
        self.if_empty = if_empty

    def clean(self, value: Any) -> Any:
        """Return the value that the text stands for."""
        text = super().clean(value)
        return self.read(text) if text else self.if_empty


def field_of(parameter: dict[str, Any]) -> forms.Field:
    """Return the field of a parameter; its cleaned value may be OMITTED."""
    kind, default = kind_of(parameter), parameter["default"]
    common = {
        "label": parameter["name"],
        "help_text": parameter["description"],
        "initial": initial_of(parameter),
    }
    if kind.name == "flag":
        return forms.BooleanField(required=False, **common)
    must = parameter["required"]
    if_empty = None if kind.nullable and (must or default is not None) else OMITTED
    if kind.name == "choice":
        return _choice_field(kind, must=must, **common)
    if kind.name == "text" and not kind.nullable and default is not None:
        if_empty = ""
    known = must or common["initial"] != ""
    needed = known and not kind.nullable and (must or kind.name != "text")
    field = ReadField(
        read=READERS[kind.name], if_empty=if_empty, required=needed, max_length=10_000, **common
    )
    if kind.name in _WORDS:
        field.error_messages["required"] = _WORDS[kind.name]
    modes = {"whole": "numeric", "number": "decimal"}
    if kind.name in modes:
        # A text input: of type="number", browsers send nonsense as nothing at all.
        field.widget.attrs["inputmode"] = modes[kind.name]
    return field


def initial_of(parameter: dict[str, Any]) -> Any:
    """Return what the field shows untouched: a text, or True or False of a flag."""
    kind, default = kind_of(parameter), parameter["default"]
    if kind.name == "flag":
        return default is True
    if kind.name == "choice":
        return "" if parameter["required"] else _choice_text(default)
    if default is None:
        return ""
    if kind.name in {"whole", "number"} and isinstance(default, str):
        return ""  # "inf", or what no form can show: left to the constructor
    return default if isinstance(default, str) else json.dumps(default, ensure_ascii=False)


def _choice_field(kind: Kind, *, must: bool, **common: Any) -> forms.Field:
    values = {_choice_text(value): value for value in kind.choices}
    labels = [(text, "none" if value is None else text) for text, value in values.items()]
    if common["initial"] not in values:
        labels.insert(0, ("", "choose" if must else "default"))
    return forms.TypedChoiceField(
        choices=labels, coerce=values.get, empty_value=cast("Any", OMITTED), required=must, **common
    )


def _choice_text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def read_number(text: str) -> float:
    """Return a finite number.

    Raises:
        ValidationError: the text is none.
    """
    if not _NUMBER.fullmatch(text) or not math.isfinite(float(text)):
        raise ValidationError(_WORDS["number"])
    return float(text)


def _read_whole(text: str) -> int:
    if not _WHOLE.fullmatch(text):
        raise ValidationError(_WORDS["whole"])
    return int(text)


def _read_json(text: str) -> Any:
    try:
        value = json.loads(text, parse_constant=_no_constant)
        if "\\u0000" in json.dumps(value):
            _no_constant("NUL")
    except (ValueError, RecursionError) as error:
        raise ValidationError(_WORDS["json"]) from error
    return value


def _read_any(text: str) -> Any:
    try:
        return _read_json(text)
    except ValidationError:
        return text


def _no_constant(name: str) -> NoReturn:
    raise ValueError(name)


READERS: dict[str, Callable[[str], Any]] = {
    "whole": _read_whole,
    "number": read_number,
    "text": str,
    "json": _read_json,
    "any": _read_any,
}
