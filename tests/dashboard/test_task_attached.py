"""The form that attaches a task: what the trainer side is asked, and its answers."""

import pytest

from tests.dashboard.rows import Scribe, experiment_make
from tests.dashboard.task_offers import (
    PATH,
    answer_next_call,
    task_classes_store,
    text_of,
    typed,
)
from trainer.models import Call, RegisteredClass

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("valkey")]


@pytest.fixture
def experiment(transactional_db):
    made = experiment_make("digits")
    task_classes_store(made)
    return made


def test_exactly_what_was_typed_is_asked_of_the_trainer(experiment, htmx):
    thread = answer_next_call(answer={"name": "near"})
    sent = {
        **typed(class_name="RegressionTask", name="near", weight=".5", latent_slice="2:6"),
        "of_class": "RegressionTask",
        "param-margin": "0.25",
        "shown": "robust",
        "param-columns": "[0, 2]",
        "param-label": "",
        "param-most": "",
    }
    response = htmx.post(PATH, sent)
    thread.join()
    assert response.status_code == 200, response.content
    assert "Added near." in text_of(response)
    assert "acc:tasks" in response.headers["HX-Trigger-After-Settle"]
    call = Call.objects.get()
    rows = {row.class_name: row for row in RegisteredClass.objects.all()}
    sources = call.payload.pop("sources")
    assert [(ref["class_name"], ref["sha256"]) for ref in sources] == [
        (name, rows[name].source_id) for name in ("RegressionTask", "ConvVAE")
    ]
    assert call.by == "ada"
    assert call.payload == {
        "experiment": "digits",
        "name": "near",
        "class_name": "RegressionTask",
        "dataset": "digits",
        "weight": 0.5,
        "latent_slice": [2, 6],
        "params": {
            "margin": 0.25,
            "robust": False,
            "columns": [0, 2],
            "label": "",
            "most": None,
        },
    }


def test_a_form_that_never_showed_a_classs_parameters_sends_their_defaults(experiment, htmx):
    thread = answer_next_call(answer={"name": "x"})
    response = htmx.post(PATH, typed(class_name="RegressionTask", **{"param-margin": "1"}))
    thread.join()
    assert response.status_code == 200
    payload = Call.objects.get().payload
    assert payload["params"] == {"margin": 1.0, "robust": True, "label": "all", "most": 5}
    assert payload["name"] == "regression-digits"


def test_while_a_job_trains_the_note_says_from_when_the_task_counts(experiment, htmx):
    scribe = Scribe.start(experiment)
    thread = answer_next_call(answer={"name": "x"})
    text = text_of(htmx.post(PATH, typed()))
    thread.join()
    assert f"Job {scribe.job.pk} goes on without it; the next job trains it." in text


@pytest.mark.parametrize(
    ("sentence", "field"),
    [
        ("ssim_weight -1 is not a finite number of 0 or more", "param-ssim_weight"),
        ('ReconstructionTask needs the parameter "loss"', "param-loss"),
        ("ReconstructionTask reads the whole latent; leave latent_slice out", "latent_slice"),
        ('RegressionTask needs a data set with float targets, and "digits" has none', "dataset"),
        ("name: a task's name is too long", "name"),
        ("KLDivergenceTask needs a variational model", "__all__"),
    ],
)
def test_the_trainers_words_stand_beside_the_field_that_they_name(
    sentence, field, experiment, htmx
):
    thread = answer_next_call(error=sentence)
    response = htmx.post(PATH, typed(class_name="ReconstructionTask", name="mine"))
    thread.join()
    assert response.status_code == 422
    assert response.context["form"].errors == {field: [sentence]}
    assert 'value="mine"' in text_of(response)
