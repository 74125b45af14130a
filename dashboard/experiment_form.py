"""The form that makes an experiment: its name, the model's class, and that class's parameters."""

import json
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict

from dashboard.class_form import ClassForm
from dashboard.forms import beside
from dashboard.task_params import PARAM
from trainer.models import Dataset, RegisteredClass
from trainer.models.experiment import MAX_SLUG
from trainer.selectors.datasets import dataset_get, datasets_all, shape_text
from trainer.selectors.experiments import experiment_get

# The parameter by which a model is told the size of its images.
IMAGE_SHAPE = "image_shape"


class ExperimentForm(ClassForm):
    """What to make. The dataset only gives the size of the images; tasks bring theirs."""

    name = forms.CharField(label="Name", max_length=120)
    slug = forms.SlugField(
        label="Address",
        required=False,
        max_length=MAX_SLUG,
        help_text="Part of every link to it, made of the name where it is empty; it never changes.",
        error_messages={"invalid": "Must be letters, digits, '-' and '_' alone."},
    )
    dataset = forms.CharField(label="Images like those of", required=False, widget=forms.Select)

    def __init__(
        self,
        offered: list[RegisteredClass],
        class_name: str,
        data: QueryDict | None = None,
        initial: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(offered, class_name, data, initial, auto_id="experiment_%s")
        self.datasets = datasets_all()
        self.fields["dataset"].widget = forms.Select(
            attrs=self.fields["dataset"].widget.attrs,
            choices=[("", "the model's own default"), *map(_choice, self.datasets)],
        )
        self.fields["slug"].widget.attrs |= {"spellcheck": "false"}

    def clean_slug(self) -> str:
        """Return a free address; "" where one is to be made of the name."""
        slug: str = self.cleaned_data["slug"]
        if slug and experiment_get(slug) is not None:
            raise ValidationError(f"There is an experiment '{slug}' already; choose another one.")
        return slug

    def refuse(self, sentence: str) -> None:
        """Show a refusal of the trainer side beside the field that it names first, else on top."""
        words = {word.strip("'\":,;") for word in sentence.split()}
        named = [name for name in self.class_fields if name.removeprefix(PARAM) in words]
        if named:
            self.add_error(named[0], beside(named[0].removeprefix(PARAM), sentence))
        else:
            self.add_error(None, sentence)


def shape_initial(dataset_name: str) -> dict[str, str]:
    """Return the size of a dataset's images as the model's parameter is typed; {} for none."""
    dataset = dataset_get(dataset_name) if dataset_name else None
    return {PARAM + IMAGE_SHAPE: json.dumps(dataset.image_shape)} if dataset else {}


def experiment_usual_dataset() -> str:
    """Return the dataset whose size a new model gets unless another is chosen."""
    return next((row.name for row in datasets_all()), "")


def _choice(dataset: Dataset) -> tuple[str, str]:
    return dataset.name, f"{dataset.name} ({shape_text(dataset.image_shape)})"
