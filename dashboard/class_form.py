"""A form about a class on offer: the choice of the class, and its own parameters as fields."""

from typing import Any

from django import forms
from django.http import QueryDict

from dashboard.parameter_form import ParameterForm, classes_offer
from dashboard.task_params import PARAM, SHOWN, completed, fields_of, initial_of
from trainer.models import RegisteredClass

# The class whose parameters a form showed.
OF_CLASS = "of_class"


class ClassForm(ParameterForm):
    """What is asked of any class, in fields of the subclass, and the chosen one's parameters."""

    class_name = forms.CharField(label="Class", widget=forms.Select)

    def __init__(
        self,
        offered: list[RegisteredClass],
        class_name: str,
        data: QueryDict | None = None,
        initial: dict[str, Any] | None = None,
        *,
        auto_id: str,
    ) -> None:
        self.row = next((row for row in offered if row.class_name == class_name), None)
        self.parameters = self.row.parameters if self.row else []
        super().__init__(
            None if data is None else completed(data, self.parameters),
            initial={"class_name": class_name, **(initial or {})},
            auto_id=auto_id,
        )
        self.class_fields = fields_of(self.parameters)
        self.fields |= self.class_fields
        classes_offer(self.fields["class_name"], [row.class_name for row in offered], class_name)


def carried_over(
    typed: QueryDict, before: RegisteredClass | None, now: RegisteredClass | None
) -> tuple[dict[str, Any], list[tuple[str, str]]]:
    """Return what was typed for one class's parameters, for another class's.

    The first part are initial values of parameters that the new class has too; the second are
    hidden fields that keep the others until their class is chosen again. Untouched defaults do
    not come along.
    """
    untouched = {p["name"]: initial_of(p) for p in (before.parameters if before else [])}
    taken = {p["name"] for p in (now.parameters if now else [])}
    values: dict[str, Any] = {
        key.removeprefix(PARAM): typed[key] for key in typed if key.startswith(PARAM)
    }
    for name in typed.getlist(SHOWN):
        values[name] = PARAM + name in typed
    kept = {name: value for name, value in values.items() if untouched.get(name) != value}
    hidden = [
        (SHOWN, name) if value is False else (PARAM + name, "on" if value is True else value)
        for name, value in kept.items()
        if name not in taken
    ]
    return {PARAM + name: value for name, value in kept.items() if name in taken}, hidden
