"""The form that runs a recipe: the parameters that its constructor declares."""

from typing import Any

from django import forms
from django.http import QueryDict

from dashboard.forms import PanelForm
from dashboard.task_params import OMITTED, PARAM, fields_of
from trainer.models import RegisteredClass


class RecipeForm(PanelForm):
    """What to run a recipe with."""

    def __init__(self, row: RegisteredClass, data: QueryDict | None = None) -> None:
        super().__init__(data, auto_id=f"recipe_{row.class_name}_%s")
        self.row = row
        self.fields |= fields_of(row.parameters)

    def param_fields(self) -> list[tuple[forms.BoundField, bool]]:
        """Return the fields of the parameters, and whether each must be given."""
        return [(self[PARAM + p["name"]], p["required"]) for p in self.row.parameters]

    def params(self) -> dict[str, Any]:
        """Return the parameters; what is left to the constructor is not there."""
        return {
            name.removeprefix(PARAM): value
            for name, value in self.cleaned_data.items()
            if value is not OMITTED
        }

    def refuse(self, sentence: str) -> None:
        """Show a refusal beside the field that it names first, else on top."""
        name = PARAM + sentence.split(maxsplit=1)[0]
        self.add_error(name if name in self.fields else None, sentence)
