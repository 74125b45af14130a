"""Values for a constructor's parameters, checked against what the class declares."""

import pytest

from trainer.services.parameters import ParameterRefused, params_check


def parameter(annotation, default=0, *, required=False):
    """Return a declaration as a class's row keeps it."""
    return {"name": "p", "type": annotation, "default": default, "required": required}


def check(declared, value):
    params_check("Sample", [declared], {"p": value})


@pytest.mark.parametrize(
    ("annotation", "value"),
    [
        ("int", 3),
        ("float", 3),
        ("float", 0.5),
        ("bool", False),
        ("str", "x"),
        ("str | int", 4),
        ("Literal['mse', 'l1']", "l1"),
        ("Literal['mse', None]", None),
        ("int | None", None),
        ("list[int]", [1, 2]),
        ("float | None", 3),
        ("torch.dtype", "float32"),
    ],
)
def test_values_that_fit_pass(annotation, value):
    assert check(parameter(annotation), value) is None


@pytest.mark.parametrize(
    ("default", "value"),
    [
        (3, 2.5),
        (0.5, 2),
        (True, False),
        ("x", "y"),
        (None, None),
        (None, {"anything": 1}),
        ([1], "anything"),
        ("inf", 5),
        ("-inf", 5),
        ("torch.float32", {"anything": 1}),
        ("<Colour.RED: 1>", 1),
        ("Path('a')", 1),
    ],
)
def test_without_an_annotation_only_a_default_that_tells_a_type_counts(default, value):
    assert check(parameter("", default), value) is None


@pytest.mark.parametrize(
    ("default", "value", "words"),
    [
        (3, "a", "p of Sample must be a finite number"),
        (3, True, "a finite number"),
        (0.5, None, "a finite number"),
        (False, "yes", "true or false"),
        ("x", 5, "a text"),
        ("x", None, "a text"),
    ],
)
def test_without_an_annotation_a_value_is_of_the_defaults_type(default, value, words):
    with pytest.raises(ParameterRefused) as refused:
        check(parameter("", default), value)
    assert words in str(refused.value)


def test_a_required_parameter_is_null_only_where_its_annotation_allows_that():
    assert check(parameter("float | None", None, required=True), None) is None
    assert check(parameter("", None, required=True), None) is None
    with pytest.raises(ParameterRefused, match="a finite number"):
        check(parameter("float", None, required=True), None)


@pytest.mark.parametrize(
    ("annotation", "value", "words"),
    [
        ("int", 3.0, "p of Sample must be a whole number"),
        ("int", True, "a whole number"),
        ("int", None, "a whole number"),
        ("float", "3", "a finite number"),
        ("float", float("inf"), "a finite number"),
        ("bool", 1, "true or false"),
        ("str", 5, "a text"),
        ("Literal['mse', 'l1']", "l2", "one of mse, l1"),
        ("Literal[0, 1]", True, "one of 0, 1"),
        ("list[int]", "1, 2", "a list or an object"),
    ],
)
def test_values_of_another_type_are_refused(annotation, value, words):
    with pytest.raises(ParameterRefused) as refused:
        check(parameter(annotation), value)
    assert words in str(refused.value)


def test_an_unknown_and_a_missing_parameter_are_named():
    with pytest.raises(ParameterRefused, match="Sample has no parameter 'q'; it has: p"):
        params_check("Sample", [parameter("int")], {"q": 1})
    with pytest.raises(ParameterRefused, match="Sample needs the parameter 'p'"):
        params_check("Sample", [parameter("int", required=True)], {})
