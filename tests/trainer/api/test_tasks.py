"""Models, datasets and tasks through the API, answered by the worker's own code."""

import base64
import json

import numpy as np
import pytest

from tests.trainer.rows import experiment_make, job_make
from tests.trainer.worker.test_stored_source import TEXT, save
from trainer.models import Call, JobCommand, TaskCard
from trainer.selectors.loss_runs import LossRun
from trainer.services.evals import EvalOutcome, MetricFact, eval_store
from trainer.services.losses import losses_append

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def made(trainer_side, script):
    """A model and a dataset, made through the API."""
    created = script.post(
        "/model/create", {"class_name": "ConvVAE", "config": {}, "experiment": "mine"}
    )
    assert created.status_code == 200, created.content
    loaded = script.post("/datasets/load_builtin", {"name": "digits", "image_size": 32})
    assert loaded.status_code == 200, loaded.content
    return created.json(), loaded.json()


def test_whatever_runs_a_persons_class_is_ended_when_it_takes_too_long(made, script, settings):
    task = {"class_name": "ReconstructionTask", "dataset_name": "digits"}
    asked = {
        "model_create": script.post("/model/create", {"class_name": "ConvVAE", "experiment": "b"}),
        "task_add": script.post("/tasks/add", task, experiment="mine"),
        "dataset_sample": script.get("/datasets/digits/sample"),
        "dataset_generate": script.post("/generators/generate", {"generator_name": "shapes"}),
    }
    assert {answer.status_code for answer in asked.values()} == {200}
    limits = Call.objects.filter(kind__in=asked).values_list("kind", "limit_seconds")
    assert set(limits) == {(kind, settings.ACC_EVAL_SECONDS) for kind in asked}


def test_an_experiment_grows_from_a_model_a_dataset_and_tasks(made, script, refused):
    model, dataset = made
    assert (model["experiment"], model["class_name"]) == ("mine", "ConvVAE")
    assert model["parameter_count"] > 0
    assert script.get("/model/describe").json() == model
    assert (dataset["name"], dataset["num_classes"], dataset["image_shape"]) == (
        "digits",
        10,
        [1, 32, 32],
    )
    assert script.get("/datasets").json() == [dataset]

    images = script.get("/datasets/digits/sample?n=3").json()["images"]
    assert len(images) == 3
    assert base64.b64decode(images[0]).startswith(b"\x89PNG")

    added = script.post(
        "/tasks/add", {"class_name": "ReconstructionTask", "dataset_name": "digits"}
    )
    assert added.status_code == 200, added.content
    assert added.json()["name"] == "reconstruction-digits"
    sliced = script.post(
        "/tasks/add",
        {
            "class_name": "ClassificationTask",
            "dataset_name": "digits",
            "name": "digit",
            "weight": 0.5,
            "latent_slice": "0:4",
        },
    )
    assert sliced.json()["latent_slice"] == [0, 4]
    assert (added.json()["head_size"], sliced.json()["head_size"]) == (0, 4 * 10 + 10)
    assert [task["name"] for task in script.get("/tasks").json()] == [
        "reconstruction-digits",
        "digit",
    ]
    started = script.post("/train/start", {"steps": 10, "schedule": "round_robin"})
    assert started.json()["task_names"] == ["reconstruction-digits", "digit"]
    assert "is queued" in refused(script.post("/train/start", {"steps": 10}), 409)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"latent_slice": "5"}, "is no latent slice"),
        ({"latent_slice": "0:4:8"}, "is no latent slice"),
        ({"latent_slice": "abc:def"}, "is no latent slice"),
        ({"latent_slice": "8:2"}, "its start must be below its end"),
        ({"latent_slice": 5}, '5 is no latent slice; a latent slice is written "start:end"'),
        ({"latent_slice": [5]}, "[5] is no latent slice"),
        ({"latent_slice": [False, True]}, "[false, true] is no latent slice"),
        ({"latent_slice": [-1, 4]}, "is no latent slice"),
        ({"latent_slice": [8, 2]}, "its start must be below its end"),
        ({"latent_slice": [0, 9999]}, "reaches beyond the latent"),
        ({"latent_slice": "0:9999"}, "9999"),
        ({"weight": -5}, "weight: must be a number from 0 to 1,000,000"),
        ({"weight": "abc"}, "'weight' must be a number"),
        ({"weight": 1e9}, "weight: must be a number from 0 to 1,000,000"),
        ({"name": "a/b"}, "a task's name begins with"),
        ({"name": ""}, "'name' must not be empty"),
        ({"class_name": "NoSuchTask"}, "NoSuchTask"),
        ({"params": {"nonsense": 1}}, "has no parameter 'nonsense'; it has: loss, ssim_weight"),
        ({"params": {"ssim_weight": "a"}}, "ssim_weight of ReconstructionTask must be a finite"),
        ({"params": {"ssim_weight": None}}, "ssim_weight of ReconstructionTask must be a finite"),
        ({"params": {"loss": "l2"}}, "loss of ReconstructionTask must be one of mse, l1"),
        ({"params": [1]}, "'params' must be an object"),
    ],
)
def test_a_task_that_cannot_be_is_refused_with_the_reason(made, script, refused, change, words):
    body = {"class_name": "ReconstructionTask", "dataset_name": "digits", **change}
    assert words in refused(script.post("/tasks/add", body), 400)
    assert script.get("/tasks").json() == []


@pytest.mark.parametrize(
    ("given", "kept"), [(" 0:4 ", [0, 4]), ([0, 4], [0, 4]), ("", None), (None, None)]
)
def test_a_slice_is_taken_as_text_as_answers_tell_it_and_empty(made, script, given, kept):
    body = {"class_name": "ClassificationTask", "dataset_name": "digits", "latent_slice": given}
    added = script.post("/tasks/add", body)
    assert (added.status_code, added.json()["latent_slice"]) == (200, kept), added.content


def test_a_whole_number_is_given_where_a_number_is_declared(made, script):
    body = {"class_name": "ReconstructionTask", "dataset_name": "digits"}
    added = script.post("/tasks/add", {**body, "params": {"ssim_weight": 1}})
    assert (added.status_code, added.json()["params"]) == (200, {"ssim_weight": 1}), added.content


def test_a_model_made_anew_under_its_tasks_gives_them_heads_of_its_width(made, script):
    task = {"class_name": "ClassificationTask", "dataset_name": "digits", "name": "digit"}
    script.post("/tasks/add", task)
    narrow = {"class_name": "ConvVAE", "config": {"latent_dim": 8}, "experiment": "mine"}
    assert script.post("/model/create", narrow).status_code == 200
    assert [card["head_size"] for card in script.get("/tasks").json()] == [8 * 10 + 10]


def test_a_removed_task_that_the_new_model_does_not_fit_cannot_be_brought_back(
    made, script, refused
):
    for name, ends in (("far", "20:30"), ("near", "0:4")):
        task = {"class_name": "ClassificationTask", "dataset_name": "digits", "name": name}
        script.post("/tasks/add", {**task, "latent_slice": ends})
        script.post(f"/tasks/{name}/remove")
    narrow = {"class_name": "ConvVAE", "config": {"latent_dim": 8}, "experiment": "mine"}
    script.post("/model/create", narrow)
    assert "no task named 'far'" in refused(script.post("/tasks/far/restore"), 400)
    assert script.post("/tasks/near/restore").status_code == 200


def test_a_task_that_does_not_fit_the_model_is_refused_in_its_own_words(
    trainer_side, script, refused
):
    script.post("/model/create", {"class_name": "Autoencoder", "experiment": "plain"})
    script.post("/datasets/load_builtin", {"name": "digits"})
    body = {"class_name": "KLDivergenceTask", "dataset_name": "digits"}
    sentence = refused(script.post("/tasks/add", body), 400)
    assert "variational" in sentence.lower() or "mu" in sentence.lower()


def test_a_name_that_is_taken_and_a_dataset_that_is_not_there(made, script, refused):
    body = {"class_name": "ReconstructionTask", "dataset_name": "digits", "name": "recon"}
    assert script.post("/tasks/add", body).status_code == 200
    assert "attached already" in refused(script.post("/tasks/add", body), 400)
    gone = {**body, "dataset_name": "none"}
    assert "there is no dataset 'none'" in refused(script.post("/tasks/add", gone), 404)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"class_name": "NoSuchModel", "experiment": "x"}, "NoSuchModel"),
        (
            {"class_name": "ConvVAE", "experiment": "a b"},
            "slug: must be made of letters, digits, hyphens and underscores",
        ),
        ({"class_name": "ConvVAE"}, "'experiment' is missing"),
        (
            {"class_name": "ConvVAE", "experiment": "x", "config": {"nonsense": 1}},
            "ConvVAE has no parameter 'nonsense'; it has: image_shape, latent_dim",
        ),
        (
            {"class_name": "ConvVAE", "experiment": "x", "config": {"latent_dim": "a"}},
            "latent_dim of ConvVAE must be a whole number",
        ),
        ({"class_name": "ConvVAE", "experiment": "x", "config": {"latent_dim": -1}}, "latent_dim"),
    ],
)
def test_a_model_that_cannot_be_is_refused_with_the_reason(
    trainer_side, script, refused, body, words
):
    assert words in refused(script.post("/model/create", body), 400)


def test_a_dataset_that_is_unknown_is_refused(trainer_side, script, refused):
    assert "nonsense" in refused(script.post("/datasets/load_builtin", {"name": "nonsense"}), 400)


def test_an_operator_turns_weights_and_tasks_while_a_job_waits(script, refused):
    experiment = experiment_make()
    job_make(experiment)
    answer = script.post("/tasks/recon/set_weight", {"weight": 0.25})
    assert (answer.status_code, answer.json()["weight"]) == (200, 0.25)
    assert script.post("/tasks/recon/toggle").json()["enabled"] is False
    assert [command.kind for command in JobCommand.objects.all()] == ["set_weight", "set_enabled"]
    assert JobCommand.objects.first().by == "operator"
    for weight in (-1, 1e9):
        refused(script.post("/tasks/recon/set_weight", {"weight": weight}), 400)
    nan = script.client.post(
        "/tasks/recon/set_weight", '{"weight": NaN}', content_type="application/json"
    )
    assert "NaN" in refused(nan, 400)


def test_a_task_is_removed_when_nothing_trains(script, refused):
    experiment_make()
    assert script.post("/tasks/recon/remove").json() == {"removed": "recon"}
    assert "no task named 'recon'" in refused(script.post("/tasks/recon/remove"), 404)


def test_each_call_reaches_the_experiment_that_it_names(script):
    experiment_make("first")
    experiment_make("second")
    script.post("/tasks/recon/set_weight", {"weight": 9}, experiment="first")
    weights = {
        slug: script.get("/tasks", experiment=slug).json()[0]["weight"]
        for slug in ("first", "second")
    }
    assert weights == {"first": 9.0, "second": 1.0}
    assert script.get("/tasks").json()[0]["experiment"] == "second"


def test_a_device_is_chosen(trainer_side, script, refused):
    experiment_make()
    assert script.get("/device").json() == {
        "current": "cpu",
        "available": ["cpu"],
        "configured": "",
    }
    assert "choose one of cpu, or auto" in refused(script.post("/device/set", {"device": "x"}), 400)
    assert script.post("/device/set", {"device": "cpu"}).json()["configured"] == "cpu"


def test_health_tells_more_to_who_may_know(trainer_side, script):
    job_make(experiment_make())
    health = json.loads(script.get("/health").content)
    assert (health["status"], health["trainer"], health["device"]) == ("ok", "online", "cpu")
    assert health["counts"] == {
        "experiments": 1,
        "tasks": 2,
        "datasets": 1,
        "jobs": 1,
        "checkpoints": 0,
    }
    assert health["versions"]["torch"] == "2"
    assert health["running_jobs"] == []


@pytest.mark.parametrize(
    ("raised", "told"),
    [
        ("raise TaskError('no room for it')", "no room for it"),
        ("raise TaskError('')", "TaskError without a word"),
        ("raise ValueError", "ValueError without a word"),
        ("{}['missing']", "KeyError: 'missing'"),
        ("assert False", "AssertionError"),
    ],
)
def test_a_task_that_does_not_attach_says_why_also_where_its_exception_says_nothing(
    made, script, refused, raised, told
):
    text = TEXT.replace("import Task", "import Task, TaskError").replace("pass", raised)
    save(text)
    answer = script.post("/tasks/add", {"class_name": "ConstantTask", "dataset_name": "digits"})
    assert refused(answer, 400) == told


def test_the_detail_of_a_task_tells_its_source_its_losses_and_what_was_measured(
    script, experiment, running
):
    save(TEXT)
    card = experiment.task_cards.get(name="recon")
    TaskCard.objects.filter(pk=card.pk).update(class_name="ConstantTask")
    values_ST = np.arange(90, dtype=np.float32).reshape(30, 3)
    losses_append(job=running, run=LossRun(1, ("recon", "digit"), (1.0, 1.0), values_ST, None))
    fact = MetricFact("recon", "psnr", 21.5)
    eval_store(experiment=experiment, outcome=EvalOutcome(step=30, checkpoint=None, metrics=[fact]))
    detail = script.get("/tasks/recon/detail").json()
    assert detail["source"] == TEXT
    assert detail["metrics"] == {"psnr": 21.5}
    history = script.get(f"/jobs/{running.pk}/loss_history?after_step=10").getvalue()
    ours = [point for point in json.loads(history) if point["task_name"] == "recon"]
    told = [{key: point[key] for key in ours[0]} for point in detail["latest_losses"]]
    assert told == ours
    assert len(ours) == 20
