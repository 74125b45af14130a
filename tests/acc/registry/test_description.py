"""What a screen shows of a class that a person wrote."""

import inspect
from dataclasses import astuple

from acc.registry.description import describe, parameters_of
from acc.tasks.reconstruction import ReconstructionTask
from tests.acc.small_models import dataset


class Plain:
    pass


class Parent:
    """The parent.

    Args:
        count (int): how many,
            told on two lines.
        shape: height and width.
    Raises:
        ValueError: never.
    """

    def __init__(self, count: int, shape: tuple[int, int] = (2, 3), limit: float = float("inf")):
        self.count = count


class Child(Parent):
    """The child."""

    def __init__(self, table=None, *args, how: object = len, **kwargs):
        """Make one.

        Args:
            table: by name.
        """
        super().__init__(*args, **kwargs)


class Table(Plain):
    """A table."""

    def __init__(self, rows={"a": [1, (2, 3)]}):  # noqa: B006  # as people write
        self.rows = rows


def test_a_parameter_shows_its_type_default_and_text():
    assert [astuple(parameter) for parameter in parameters_of(Parent)] == [
        ("count", "int", None, True, "how many, told on two lines."),
        ("shape", "tuple[int, int]", [2, 3], False, "height and width."),
        ("limit", "float", "inf", False, ""),
    ]
    assert parameters_of(Table)[0].default == {"a": [1, [2, 3]]}


def test_what_a_constructor_hands_on_is_shown_too():
    assert [(p.name, p.type, p.description) for p in parameters_of(Child)] == [
        ("table", "", "by name."),
        ("how", "object", ""),
        ("count", "int", "how many, told on two lines."),
        ("shape", "tuple[int, int]", "height and width."),
        ("limit", "float", ""),
    ]


def test_a_class_without_words_or_a_constructor_shows_nothing():
    assert (describe(Plain), parameters_of(Plain)) == ("", ())
    assert parameters_of(ValueError) == ()
    assert describe(Child) == "The child."


def test_help_shows_a_tasks_own_constructor():
    names = list(inspect.signature(ReconstructionTask).parameters)
    assert names == ["name", "dataset", "weight", "latent_slice", "loss", "ssim_weight"]
    assert ReconstructionTask("r", dataset(None), loss="l1").loss == "l1"
