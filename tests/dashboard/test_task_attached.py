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
from trainer.services.commands import command_applied, command_refused, command_send
from trainer.services.job_start import job_start

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
        "stem": "regression-digits",
        "class_name": "RegressionTask",
        "dataset": "digits",
        "weight": 0.5,
        "by": "ada",
        "why": "",
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
    assert (payload["name"], payload["stem"]) == (None, "regression-digits")


def asked_to_join(job):
    """Return what the eval worker asks of a job when it attaches a task."""
    return command_send(job=job, kind="add_task", payload={"task": "x"})


def test_while_a_job_trains_the_note_says_from_which_step_on_it_trains_the_task(experiment, htmx):
    scribe = Scribe.start(experiment)
    command = asked_to_join(scribe.job)
    command.job = scribe.job
    command_applied(command=command, step=7, detail={"task": "x"})
    thread = answer_next_call(answer={"name": "x", "command": command.pk})
    text = text_of(htmx.post(PATH, typed()))
    thread.join()
    assert f"It joined job {scribe.job.pk} at step 7." in text


def test_a_job_that_waits_for_a_worker_is_not_waited_for(experiment, htmx):
    job = job_start(experiment=experiment, steps=5)
    command = command_send(job=job, kind="add_task", payload={"task": "x"})
    thread = answer_next_call(answer={"name": "x", "command": command.pk})
    text = text_of(htmx.post(PATH, typed()))
    thread.join()
    assert f"Job {job.pk} takes it up as soon as its data is there." in text


def test_a_task_that_the_job_could_not_take_up_is_refused_in_the_forms_words(experiment, htmx):
    scribe = Scribe.start(experiment)
    command = asked_to_join(scribe.job)
    command.job = scribe.job
    command_refused(command=command, step=7, reason="the device ran out of memory")
    thread = answer_next_call(answer={"name": "x", "command": command.pk})
    response = htmx.post(PATH, typed(name="mine"))
    thread.join()
    assert response.status_code == 422
    assert "the device ran out of memory" in text_of(response)
    assert 'value="mine"' in text_of(response)


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
