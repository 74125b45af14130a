"""The form that runs a recipe: the parameters that its constructor declares."""

from django.http import QueryDict

from dashboard.forms import beside
from dashboard.parameter_form import ParameterForm
from dashboard.task_params import PARAM, fields_of
from trainer.models import RegisteredClass


class RecipeForm(ParameterForm):
    """What to run a recipe with."""

    def __init__(self, row: RegisteredClass, data: QueryDict | None = None) -> None:
        super().__init__(data, auto_id=f"recipe_{row.class_name}_%s")
        self.row = row
        self.parameters = row.parameters
        self.fields |= fields_of(self.parameters)

    def refuse(self, sentence: str) -> None:
        """Show a refusal beside the field that it names first, else on top."""
        name = sentence.split(maxsplit=1)[0]
        known = PARAM + name in self.fields
        self.add_error(PARAM + name if known else None, beside(name, sentence))
