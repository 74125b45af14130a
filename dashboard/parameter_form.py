"""What the forms share that have a field for each parameter of a class's constructor."""

from typing import Any

from django import forms

from dashboard.forms import PanelForm
from dashboard.task_params import OMITTED, PARAM


class ParameterForm(PanelForm):
    """A form with fields for the parameters that a class declares."""

    parameters: list[dict[str, Any]]

    def param_fields(self) -> list[tuple[forms.BoundField, bool]]:
        """Return the fields of the parameters, and whether each must be given."""
        return [(self[PARAM + p["name"]], p["required"]) for p in self.parameters]

    def params(self) -> dict[str, Any]:
        """Return the parameters; what is left to the constructor is not there."""
        values = {p["name"]: self.cleaned_data[PARAM + p["name"]] for p in self.parameters}
        return {name: value for name, value in values.items() if value is not OMITTED}


def classes_offer(field: forms.Field, names: list[str], chosen: str) -> None:
    """Have a field offer classes by name."""
    if chosen and chosen not in names:
        names = sorted([*names, chosen])  # gone meanwhile, and not to be lost silently
    field.widget = forms.Select(attrs=field.widget.attrs, choices=[(name, name) for name in names])
