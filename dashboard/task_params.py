"""A class's own parameters as fields of a form, typed as its constructor declares them."""

import json
import math
import re
from collections.abc import Callable, Iterable
from typing import Any, NoReturn, cast

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict

from trainer.services.parameters import Kind, kind_of

# Before the name of a parameter in a form: a field of the form may be called the same.
PARAM = "param-"
# Flags that a form showed: an unticked checkbox sends nothing.
SHOWN = "shown"
# What a field gives where the constructor's own default is to hold.
OMITTED = object()

_WHOLE = re.compile(r"[+-]?[0-9]{1,18}")
_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,4})?")
_WORDS = {
    "whole": "Must be a whole number.",
    "number": "Must be a number.",
    "json": "Must be JSON, such as [1, 2].",
}


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


def fields_of(parameters: Iterable[dict[str, Any]]) -> dict[str, forms.Field]:
    """Return the fields of a class's parameters, by their names in a form."""
    fields = {}
    for parameter in parameters:
        field = field_of(parameter)
        look = "check__box" if isinstance(field, forms.BooleanField) else "field__control"
        field.widget.attrs |= {"class": look, "autocomplete": "off"}
        fields[PARAM + parameter["name"]] = field
    return fields


def completed(data: QueryDict, parameters: Iterable[dict[str, Any]]) -> QueryDict:
    """Return what was sent, with the defaults of parameters that were not on the screen."""
    whole = data.copy()
    for parameter in parameters:
        name, value = parameter["name"], initial_of(parameter)
        if PARAM + name not in data and name not in data.getlist(SHOWN):
            whole[PARAM + name] = "on" if value is True else "" if value is False else value
    return whole


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
