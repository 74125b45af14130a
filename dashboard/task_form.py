"""The form that attaches a task: what any task takes, and its class's own parameters."""

import re
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict

from dashboard.class_form import ClassForm
from dashboard.forms import beside
from dashboard.task_params import PARAM, ReadField, read_number
from trainer.models import Dataset, Experiment, RegisteredClass, TaskCard
from trainer.models.validators import LARGEST, validate_not_negative
from trainer.selectors.datasets import dataset_get, datasets_all, shape_text
from trainer.selectors.experiments import card_of
from trainer.services.card_add import CardRefused
from trainer.services.task_add import latent_slice_within

TARGETS = {"classes": "needs targets that are classes", "float": "needs targets that are numbers"}


def _read_weight(text: str) -> float:
    """Return a weight within the range of the model.

    Raises:
        ValidationError: it is no number, or out of the range, which the text says.
    """
    try:
        weight = read_number(text)
        validate_not_negative(weight)
    except ValidationError as error:
        raise ValidationError(f"Must be a number from 0 to {LARGEST:,.0f}.") from error
    return weight


class FitSelect(forms.Select):
    """A choice whose unfit options cannot be taken; one that is taken already stays."""

    def __init__(self, *, unfit: frozenset[str] = frozenset(), **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.unfit = unfit

    def create_option(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """Return an option, disabled where it does not fit."""
        option = super().create_option(*args, **kwargs)
        if str(option["value"]) in self.unfit and not option["selected"]:
            option["attrs"]["disabled"] = True
        return option


class TaskAddForm(ClassForm):
    """What to attach. Texts are read, and numbers bounded, as the API does it."""

    dataset = forms.CharField(label="Dataset", widget=FitSelect)
    name = forms.CharField(label="Name", required=False, max_length=80)
    weight = ReadField(label="Weight", read=_read_weight, if_empty=None, initial="1.0")
    latent_slice = forms.CharField(label="Latent slice", required=False, max_length=40)

    def __init__(
        self,
        experiment: Experiment,
        offered: list[RegisteredClass],
        class_name: str,
        data: QueryDict | None = None,
        initial: dict[str, Any] | None = None,
    ) -> None:
        self.experiment = experiment
        super().__init__(offered, class_name, data, initial, auto_id="task_add_%s")
        self.datasets = datasets_all()
        self._offer_datasets()
        self.fields["latent_slice"].widget.attrs |= {"placeholder": "whole", "spellcheck": "false"}

    def _offer_datasets(self) -> None:
        """Offer those that fit first, the others with the reason why not."""
        fits = [(row.name, row.name) for row in self.datasets if not self.misfit(row)]
        others = [
            (row.name, f"{row.name}: {reason}")
            for row in self.datasets
            if (reason := self.misfit(row))
        ]
        self.fields["dataset"].widget = FitSelect(
            attrs=self.fields["dataset"].widget.attrs,
            choices=[*fits, *([("Do not fit", others)] if others else [])],
            unfit=frozenset(name for name, _ in others),
        )
        if not self.initial.get("dataset"):
            self.initial["dataset"] = next((name for name, _ in [*fits, *others]), "")

    def misfit(self, dataset: Dataset) -> str:
        """Return in words why a dataset does not suit the class or the model; "" if it does."""
        target = self.row.requires.get("target_type") if self.row else None
        if target is not None and dataset.target_type != target:
            return TARGETS.get(target, f"needs targets of the kind {target}")
        shape = self.experiment.model_info.get("image_shape")
        if shape and list(shape) != list(dataset.image_shape):
            has, takes = shape_text(dataset.image_shape), shape_text(shape)
            return f"has images of {has}, the model takes {takes}"
        return ""

    def clean_dataset(self) -> Dataset:
        """Return the dataset's row."""
        dataset = dataset_get(self.cleaned_data["dataset"])
        if dataset is None:
            raise ValidationError(f"there is no dataset '{self.cleaned_data['dataset']}'")
        return dataset

    def clean_name(self) -> str:
        """Return a free name; "" where one is to be made."""
        name: str = self.cleaned_data["name"]
        if name:
            TaskCard._meta.get_field("name").run_validators(name)
            if card_of(self.experiment, name) is not None:
                raise ValidationError(
                    f"a task named '{name}' is attached already; choose another name"
                )
        return name

    def clean_latent_slice(self) -> str | None:
        """Return the slice as it was typed; None for the whole latent."""
        text: str = self.cleaned_data["latent_slice"]
        try:
            latent_slice_within(self.experiment, text or None)
        except CardRefused as refusal:
            raise ValidationError(str(refusal)) from refusal
        return text or None

    def refuse(self, sentence: str) -> None:
        """Show a refusal of the trainer side beside the field that it names, else on top."""
        named = {*re.findall(r'needs the parameter "(\w+)"', sentence), *sentence.split()[:1]}
        named = {word.rstrip(":") for word in named}
        for name in self.fields:
            if name.removeprefix(PARAM) in named:
                self.add_error(name, beside(name.removeprefix(PARAM), sentence))
                return
        if "latent_slice" in sentence:
            self.add_error("latent_slice", sentence)
        elif "data set with " in sentence or sentence.startswith("data set "):
            self.add_error("dataset", sentence)
        else:
            self.add_error(None, sentence)
