"""A class's own parameters as fields, by annotation and default."""

import pytest
from django.core.exceptions import ValidationError

from dashboard.task_params import OMITTED, field_of
from trainer.services.parameters import kind_of


def parameter(kind, default=None, *, required=False):
    return {
        "name": "x",
        "type": kind,
        "default": default,
        "required": required,
        "description": "",
    }


@pytest.mark.parametrize(
    ("annotation", "default", "kind", "nullable"),
    [
        ("int", 3, "whole", False),
        ("float", 0.5, "number", False),
        ("int | float", 1, "number", False),
        ("bool", True, "flag", False),
        ("str", "a", "text", False),
        ("str | Path", "a", "text", False),
        ("'int'", 3, "whole", False),
        ("Optional[int]", None, "whole", True),
        ("typing.Union[float, None]", None, "number", True),
        ("Annotated[int, 'steps']", 3, "whole", False),
        ("bool | None", None, "choice", True),
        ("Literal['a', 'b'] | None", "a", "choice", True),
        ("Literal[1, 2]", 1, "choice", False),
        ("Literal[Colour.RED]", "a", "text", False),
        ("collections.abc.Sequence[int]", None, "json", False),
        ("dict[str, int]", None, "json", False),
        ("Path", None, "any", False),
        ("", False, "flag", False),
        ("", "a", "text", False),
        ("", 3, "any", False),
        ("not python (", 3, "any", False),
    ],
)
def test_the_annotation_decides_how_a_parameter_is_typed_in(annotation, default, kind, nullable):
    found = kind_of(parameter(annotation, default))
    assert (found.name, found.nullable) == (kind, nullable)


@pytest.mark.parametrize(
    ("annotation", "default", "text", "value"),
    [
        ("int", 3, " -7 ", -7),
        ("float", 0.5, "1", 1.0),
        ("float", 0.5, "1e-3", 0.001),
        ("str", "a", "5", "5"),
        ("list[int]", [1], "[1, 2]", [1, 2]),
        ("Path", None, "[1, 2", "[1, 2"),
        ("", None, "2.5", 2.5),
        ("Literal['a', 2]", "a", "2", 2),
        ("bool | None", True, "null", None),
        ("bool | None", True, "false", False),
        ("int | None", 3, "", None),
        ("int | None", None, "", OMITTED),
        ("list[int]", None, "", OMITTED),
        ("str", None, "", OMITTED),
        ("str", "a", "", ""),
        ("float", "inf", "", OMITTED),
    ],
)
def test_what_is_typed_becomes_a_value_of_the_parameters_type(annotation, default, text, value):
    cleaned = field_of(parameter(annotation, default)).clean(text)
    assert cleaned is value if value is OMITTED else cleaned == value
    assert type(cleaned) is type(value)


@pytest.mark.parametrize(
    ("annotation", "default", "text"),
    [
        ("int", 3, "2.0"),
        ("int", 3, ""),
        ("int", 3, "9" * 30),
        ("float", 0.5, "nan"),
        ("float", 0.5, "1e999"),
        ("float", 0.5, "\u0661"),
        ("list[int]", None, "[NaN]"),
        ("list[int]", None, "[" * 100_000),
        ("str", "a", "x" * 10_001),
        ("str", "a", "nul\0"),
        ("Literal['a', 'b']", "a", "c"),
    ],
)
def test_what_is_no_value_of_the_type_is_refused(annotation, default, text):
    with pytest.raises(ValidationError):
        field_of(parameter(annotation, default)).clean(text)


@pytest.mark.parametrize("annotation", ["int", "str", "Literal['a']", "list[int]"])
def test_a_required_parameter_may_not_be_left_empty(annotation):
    with pytest.raises(ValidationError):
        field_of(parameter(annotation, required=True)).clean("")
