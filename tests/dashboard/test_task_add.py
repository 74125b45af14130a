"""The form that attaches a task: what it offers, and what it refuses by itself."""

import pytest

from tests.dashboard.rows import experiment_make
from tests.dashboard.task_offers import PATH, task_classes_store, text_of, typed
from tests.trainer.rows import TASK_CLASSES, dataset_make, offer_make
from trainer.models import Call, Dataset
from trainer.selectors.datasets import shape_text
from trainer.services.registry import registry_store


@pytest.fixture
def experiment(db):
    made = experiment_make("digits")
    task_classes_store(made)
    return made


def test_the_form_offers_every_class_and_the_datasets_that_fit_first(htmx, experiment):
    dataset_make("angles", target_type="float", num_classes=None)
    dataset_make("big", image_shape=[1, 64, 64])
    text = text_of(htmx.get(PATH))
    for name in TASK_CLASSES:
        assert f'<option value="{name}"' in text
    fits = text.index('<option value="digits" selected>digits</option>')
    assert fits < text.index('<optgroup label="Do not fit">')
    reason = "angles: needs targets that are classes"
    assert f'<option value="angles" disabled>{reason}</option>' in text
    big, small = shape_text([1, 64, 64]), shape_text([1, 32, 32])
    assert f"big: has images of {big}, the model takes {small}" in text
    assert "What ClassificationTask is for." in text
    assert 'data-name-default="classification-digits"' in text


def test_a_class_brings_its_parameters_as_typed_fields_with_defaults(htmx, experiment):
    form = htmx.get(PATH, {"class_name": "RegressionTask"}).context["form"]
    shown = {field.label: (field.widget_type, field.value()) for field, _ in form.param_fields()}
    assert shown == {
        "margin": ("text", ""),
        "robust": ("checkbox", True),
        "columns": ("text", ""),
        "label": ("text", "all"),
        "most": ("text", "5"),
    }
    text = text_of(htmx.get(PATH, {"class_name": "RegressionTask"}))
    assert "How far off is near enough." in text
    assert '<span class="field__must">required</span>' in text
    choice = text_of(htmx.get(PATH, {"class_name": "ReconstructionTask"}))
    assert '<option value="mse" selected>mse</option>' in choice


def test_another_class_keeps_what_was_typed_and_brings_its_own_defaults(htmx, experiment):
    asked = {
        "part": "class",
        "class_name": "KLDivergenceTask",
        "of_class": "RegressionTask",
        "dataset": "digits",
        "param-margin": "0.25",
        "param-label": "all",
        "shown": "robust",
    }
    text = text_of(htmx.get(PATH, asked))
    assert 'name="param-warmup_steps" value="0"' in text
    assert '<input type="hidden" name="param-margin" value="0.25">' in text
    assert '<input type="hidden" name="shown" value="robust">' in text
    assert "param-label" not in text
    back = asked | {"class_name": "RegressionTask", "of_class": "KLDivergenceTask"}
    form = htmx.get(PATH, back).context["form"]
    values = {field.label: field.value() for field, _ in form.param_fields()}
    assert (values["margin"], values["robust"], values["label"]) == ("0.25", False, "all")


def test_markup_in_a_name_or_a_description_stays_text(htmx, experiment):
    evil = [offer_make("A", description="<script>alert(1)</script>", parameters=[])]
    registry_store(registry="tasks", offers=evil, errors=[])
    response = htmx.post(PATH, typed(class_name="A", name='"><script>', weight="x"))
    assert response.status_code == 422
    assert b"<script>" not in response.content
    assert b"&lt;script&gt;" in response.content


@pytest.mark.parametrize(
    ("field", "text", "words"),
    [
        ("weight", "abc", "Must be a number from 0 to 1,000,000."),
        ("weight", "nan", "Must be a number from 0 to 1,000,000."),
        ("weight", "1_0", "Must be a number from 0 to 1,000,000."),
        ("weight", "", "This field is required."),
        ("weight", "-5", "Must be a number from 0 to 1,000,000."),
        ("weight", "1e9", "Must be a number from 0 to 1,000,000."),
        ("latent_slice", "5", "is no latent slice"),
        ("latent_slice", "0:4:8", "is no latent slice"),
        ("latent_slice", "abc:def", "is no latent slice"),
        ("latent_slice", "6:2", "its start must be below its end"),
        ("latent_slice", "0:9", "reaches beyond the latent, which has 8 dimensions"),
        ("name", "a/b", "a task&#x27;s name begins with"),
        ("name", "recon", "is attached already"),
        ("name", "x" * 81, "at most 80 characters"),
        ("dataset", "none", "there is no dataset"),
        ("dataset", "", "This field is required."),
        ("class_name", "GoneTask", "no task class is called"),
    ],
)
def test_what_cannot_be_is_refused_beside_its_field_and_stays(field, text, words, htmx, experiment):
    sent = typed(**{"name": "mine", "weight": "0.5", "latent_slice": "2:6", field: text})
    response = htmx.post(PATH, sent)
    assert response.status_code == 422
    form = response.context["form"]
    assert list(form.errors) == [field]
    assert {name: form[name].value() for name in ("name", "weight", "latent_slice", field)} == {
        name: sent[name] for name in ("name", "weight", "latent_slice", field)
    }
    shown = text_of(response)
    assert f'id="task_add_{field}_error"' in shown
    assert words in shown
    assert not Call.objects.exists()


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("margin", "", "Must be a number."),
        ("margin", "inf", "Must be a number."),
        ("margin", "wide", "Must be a number."),
        ("columns", "[1, 2", "Must be JSON, such as [1, 2]."),
        ("columns", '["\\u0000"]', "Must be JSON, such as [1, 2]."),
        ("most", "2.5", "Must be a whole number."),
    ],
)
def test_a_parameter_of_the_wrong_kind_is_refused_beside_its_field(
    name, text, words, htmx, experiment
):
    sent = typed(class_name="RegressionTask", **{"param-margin": "1", f"param-{name}": text})
    response = htmx.post(PATH, sent)
    assert response.status_code == 422
    assert response.context["form"].errors == {f"param-{name}": [words]}


def test_without_a_trainer_the_form_says_so_and_keeps_everything(htmx, experiment):
    response = htmx.post(PATH, typed(name="mine", weight="0.25"))
    assert response.status_code == 422
    text = text_of(response)
    assert "the trainer is offline; start it with" in text
    assert 'value="mine"' in text
    assert 'value="0.25"' in text


def test_who_is_not_signed_in_is_told_so(client, experiment):
    answer = client.post(PATH, typed(), headers={"HX-Request": "true"})
    assert answer.status_code == 401
    assert not Call.objects.exists()


def test_a_class_without_datasets_says_how_to_load_one(htmx, experiment):
    experiment.task_cards.all().delete()
    Dataset.objects.all().delete()
    assert "No dataset is loaded yet" in text_of(htmx.get(PATH))


def test_a_model_that_says_nothing_of_its_latent_has_no_strip(htmx, experiment):
    experiment.model_info = {}
    experiment.save()
    assert b'class="strip"' not in htmx.get(PATH).content
