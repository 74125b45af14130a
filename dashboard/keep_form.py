"""The form that says which states of a model are kept."""

from typing import Any

from django import forms

from dashboard.forms import PanelForm, beside, number_field_make
from trainer.models import Experiment
from trainer.selectors.checkpoints import metric_names
from trainer.services.checkpoint_tree import MOST_KEPT


class KeepForm(PanelForm):
    """How many states without a tag are kept; the others go."""

    last = forms.IntegerField(label="Newest", required=False, min_value=1, max_value=MOST_KEPT)
    best = forms.IntegerField(label="Best", required=False, min_value=1, max_value=MOST_KEPT)
    metric = forms.CharField(label="Best by", required=False, widget=forms.Select)

    def __init__(self, experiment: Experiment, data: Any = None) -> None:
        initial = {
            "last": experiment.keep_last,
            "best": experiment.keep_best,
            "metric": experiment.keep_metric,
        }
        super().__init__(data, initial=initial, auto_id="keep-%s")
        for name, untouched in (("last", "all"), ("best", "none")):
            number_field_make(self.fields[name], self.fields[name].validators)
            self.fields[name].widget.attrs["placeholder"] = untouched
        names = metric_names(experiment)
        self.fields["metric"].widget = forms.Select(
            attrs=self.fields["metric"].widget.attrs,
            choices=[("", "no metric"), *((name, name) for name in names)],
        )

    def refuse(self, sentence: str) -> None:
        """Show a refusal beside the field that it begins with, else on top."""
        name = sentence.partition(":")[0]
        self.add_error(name if name in self.fields else None, beside(name, sentence))
