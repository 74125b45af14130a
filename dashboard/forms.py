"""The forms of the pages."""

import re
from collections.abc import Callable
from typing import Any, ClassVar

from django import forms
from django.contrib.auth.forms import AuthenticationForm
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator

from trainer.models import Experiment, Job
from trainer.selectors.jobs import job_last_asked

Validator = Callable[[Any], None]

SCHEDULES = [
    (Job.Schedule.JOINT, "joint"),
    (Job.Schedule.ROUND_ROBIN, "round robin"),
    (Job.Schedule.WEIGHTED, "weighted"),
]


class PanelForm(forms.Form):
    """A form whose fields look like ours; a field in error says so to a screen reader too."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.widget.attrs.update({"class": "field__control", "autocomplete": "off"})


def beside(name: str, sentence: str) -> str:
    """Return a refusal as it stands beside the field that it is about: "Must be …" in all forms."""
    must = re.fullmatch(rf"{re.escape(name)}:? (must .*?)\.?", sentence, re.DOTALL)
    return f"M{must[1][1:]}." if must else sentence


class TrainForm(PanelForm):
    """How to train. The ranges are the model's: `Job` says what is out of them."""

    # What the model calls a field, where the form calls it otherwise.
    MODEL_NAMES: ClassVar = {"steps": "total_steps"}

    steps = forms.IntegerField(
        label="Steps", initial=2000, widget=forms.NumberInput(attrs={"data-key": "s"})
    )
    batch_size = forms.IntegerField(label="Batch size", initial=64)
    lr = forms.FloatField(label="Learning rate", initial=0.001)
    probe_lr = forms.FloatField(label="Probe learning rate", initial=0.001)
    schedule = forms.ChoiceField(label="Schedule", choices=SCHEDULES, initial="joint")
    seed = forms.IntegerField(label="Seed", initial=0)
    eval_every = forms.IntegerField(
        label="Evaluate every",
        required=False,
        widget=forms.NumberInput(attrs={"placeholder": "at the end only"}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        model_fields = {field.name: field for field in Job._meta.fields}
        for name, field in self.fields.items():
            if isinstance(field, forms.IntegerField):
                ranges = model_fields[self.MODEL_NAMES.get(name, name)].validators
                number_field_make(field, list(ranges))


def train_form(experiment: Experiment) -> TrainForm:
    """Return the form as the experiment's last job was asked for; before one, with the defaults."""
    job = job_last_asked(experiment)
    if job is None:
        return TrainForm()
    asked = {
        name: getattr(job, TrainForm.MODEL_NAMES.get(name, name)) for name in TrainForm.base_fields
    }
    return TrainForm(initial=asked | {"eval_every": job.eval_every or None})


def number_field_make(field: forms.Field, ranges: list[Validator]) -> None:
    """Give a field its range, and one sentence for all that is out of it.

    A text input: of an `<input type="number">`, browsers send nonsense as nothing at all.
    """
    sentence = _sentence_of(field, ranges)

    def check(value: Any) -> None:
        try:
            for validate in ranges:
                validate(value)
        except ValidationError as error:
            raise ValidationError(sentence) from error

    mode = "decimal" if isinstance(field, forms.FloatField) else "numeric"
    field.widget = forms.TextInput(attrs=field.widget.attrs | {"inputmode": mode})
    field.error_messages["invalid"] = sentence
    field.validators = [check]


def _sentence_of(field: forms.Field, ranges: list[Validator]) -> str:
    most = min(limit.limit_value for limit in ranges if isinstance(limit, MaxValueValidator))
    if isinstance(field, forms.FloatField):
        return f"Must be a number above 0, at most {most:g}."
    least = max(limit.limit_value for limit in ranges if isinstance(limit, MinValueValidator))
    optional = "" if field.required else ", or empty"
    return f"Must be a whole number from {least:,} to {most:,}{optional}."


class SignInForm(AuthenticationForm):
    """Django's, with our look."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.widget.attrs["class"] = "field__control"
