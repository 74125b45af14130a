"""The forms that add a dataset: a built-in one, a generator's, a folder, a .npz file."""

from typing import Any, ClassVar

from django import forms
from django.http import QueryDict

from dashboard.forms import PanelForm, beside, number_field_make
from dashboard.parameter_form import ParameterForm, classes_offer
from dashboard.task_params import PARAM, completed, fields_of
from trainer.models import Call, Registry
from trainer.selectors.registry import classes_offered
from trainer.services.calls import call_ask
from trainer.services.dataset_import import dataset_import_folder, dataset_import_npz
from trainer.services.generate import NAME, dataset_generate

BUILTIN = ("digits", "mnist", "fashion_mnist", "cifar10")
COLOURS = [("auto", "as the images are"), ("grey", "grey"), ("colour", "colour")]


class DataForm(PanelForm):
    """One way to get a dataset."""

    kind: ClassVar[str]
    verb: ClassVar[str] = "Add"

    def __init__(self, data: QueryDict | None = None, files: Any = None, **options: Any) -> None:
        super().__init__(data, files, auto_id=f"data_{self.kind}_%s", **options)
        for field in self.fields.values():
            if isinstance(field, forms.BooleanField):
                field.widget.attrs["class"] = "check__box"
            elif isinstance(field, forms.IntegerField):
                number_field_make(field, field.validators)

    def shown_fields(self) -> list[forms.BoundField]:
        """Return the fields in their order."""
        return list(self)

    def send(self, by: str) -> dict[str, Any]:
        """Have the dataset made and return it; raises as the services do."""
        # Not an abstract class: Django's forms have a metaclass of their own.
        raise NotImplementedError

    def refuse(self, sentence: str) -> None:
        """Show a refusal beside the field that it begins with, else on top."""
        first = sentence.partition(" ")[0].strip(":'")
        named = next((name for name in self.fields if name.removeprefix(PARAM) == first), None)
        self.add_error(named, beside(first, sentence))


class BuiltinForm(DataForm):
    """A dataset that everybody knows."""

    kind = "builtin"
    verb = "Load"
    name = forms.ChoiceField(label="Dataset", choices=[(name, name) for name in BUILTIN])
    image_size = forms.IntegerField(label="Image size", initial=32, min_value=8, max_value=256)

    def send(self, by: str) -> dict[str, Any]:
        """Load it."""
        answer: dict[str, Any] = call_ask(
            kind=Call.Kind.DATASET_LOAD, payload=self.cleaned_data, by=by
        )
        return answer


class GeneratorForm(DataForm, ParameterForm):
    """A generator's own parameters, typed as its constructor declares them."""

    kind = "generator"
    verb = "Generate"
    generator = forms.CharField(label="Generator", widget=forms.Select)
    name = forms.CharField(
        label="Name", required=False, max_length=80, help_text="Without one, the generator's."
    )

    def __init__(self, data: QueryDict | None = None, files: Any = None, **options: Any) -> None:
        offered = classes_offered(Registry.GENERATORS)
        names = [row.class_name for row in offered]
        source = data if data is not None else options.get("initial", {})
        chosen = source.get("generator") or next(iter(names), "")
        self.row = next((row for row in offered if row.class_name == chosen), None)
        parameters = self.row.parameters if self.row else []
        self.parameters = [p for p in parameters if p["name"] != NAME]
        super().__init__(
            None if data is None else completed(data, self.parameters), files, **options
        )
        self.initial["generator"] = chosen
        classes_offer(self.fields["generator"], names, chosen)
        self.fields |= fields_of(self.parameters)

    @property
    def description(self) -> str:
        """What the generator says of itself."""
        return self.row.description if self.row else ""

    def send(self, by: str) -> dict[str, Any]:
        """Have it generated."""
        params = self.params()
        if self.cleaned_data["name"]:
            params[NAME] = self.cleaned_data["name"]
        answer: dict[str, Any] = dataset_generate(
            generator_name=self.cleaned_data["generator"], params=params, by=by
        )
        return answer


class FolderForm(DataForm):
    """A folder of images whose folders are classes."""

    kind = "folder"
    verb = "Import"
    path = forms.CharField(label="Folder", max_length=1000)
    name = forms.CharField(
        label="Name", required=False, max_length=80, help_text="Without one, the folder's."
    )
    image_size = forms.IntegerField(label="Image size", initial=32, min_value=8, max_value=256)
    colours = forms.ChoiceField(label="Colours", choices=COLOURS, initial="auto")
    skip_bad = forms.BooleanField(label="Leave out files that cannot be used", required=False)

    def send(self, by: str) -> dict[str, Any]:
        """Import it."""
        return dataset_import_folder(**self.cleaned_data, by=by)


class NpzForm(DataForm):
    """An uploaded file of numpy's arrays."""

    kind = "npz"
    verb = "Upload"
    file = forms.FileField(label="File", allow_empty_file=True)
    name = forms.CharField(
        label="Name", required=False, max_length=80, help_text="Without one, the file's."
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # htmx keeps the chosen file where the form is swapped: the server could not fill it in.
        self.fields["file"].widget.attrs |= {"accept": ".npz", "hx-preserve": "true"}

    def send(self, by: str) -> dict[str, Any]:
        """Import it."""
        return dataset_import_npz(**self.cleaned_data, by=by)


FORMS: dict[str, type[DataForm]] = {
    form.kind: form for form in (BuiltinForm, GeneratorForm, FolderForm, NpzForm)
}
