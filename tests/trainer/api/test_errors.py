"""Bodies and parameters that cannot be right, and the sentences that say so."""

import pytest

from trainer.api import api

pytestmark = pytest.mark.django_db

START = "/train/start"


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({}, "'steps' is missing"),
        ({"steps": "100"}, "'steps' must be a whole number"),
        ({"steps": 1.5}, "'steps' must be a whole number"),
        ({"steps": True}, "'steps' must be a whole number"),
        ({"steps": None}, "'steps' must be a whole number"),
        ({"steps": 0}, "steps: must be a whole number from 1 to 1,000,000,000"),
        ({"steps": 10**30}, "steps: must be a whole number from 1 to 1,000,000,000"),
        ({"steps": 10, "lr": "fast"}, "'lr' must be a number"),
        ({"steps": 10, "lr": -1}, "lr: must be a number above 0"),
        ({"steps": 10, "lr": 100}, "lr: must be at most "),
        ({"steps": 10, "batch_size": 0}, "batch_size: must be a whole number from 1 to 65,536"),
        ({"steps": 10, "seed": -1}, "seed: must be a whole number from 0 to "),
        (
            {"steps": 10, "schedule": "sometimes"},
            "'schedule' must be one of 'joint', 'round_robin'",
        ),
        ({"steps": 10, "step": 5}, "'step' is not a field of this call"),
        ({"lr": "x", "seed": "y"}, "'steps' is missing; 'lr' must be a number; 'seed' must be"),
        ([1], "the call needs a JSON object as its body"),
        ('"text"', "the call needs a JSON object as its body"),
    ],
)
def test_a_wrong_field_is_named_with_what_would_be_right(script, experiment, refused, body, words):
    assert words in refused(script.post(START, body), 400)


@pytest.mark.parametrize(
    ("rates", "sentence"),
    [
        ({"lr": 0}, "lr: must be a number above 0"),
        ({"lr": 0, "probe_lr": None}, "lr: must be a number above 0"),
        ({"probe_lr": 0}, "probe_lr: must be a number above 0"),
        (
            {"lr": 0, "probe_lr": 0},
            "lr: must be a number above 0; probe_lr: must be a number above 0",
        ),
    ],
)
def test_only_what_was_sent_is_named(script, experiment, refused, rates, sentence):
    assert refused(script.post(START, {"steps": 5} | rates), 400) == sentence


def test_no_body_at_all_is_told_what_is_needed(script, experiment, refused):
    assert "JSON object as its body" in refused(script.post(START), 400)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('{"steps": NaN}', "NaN is not a number in JSON; send a finite number"),
        ('{"steps": 10, "lr": Infinity}', "Infinity is not a number in JSON"),
        ('{"steps": 10, "lr": -Infinity}', "-Infinity is not a number in JSON"),
        ('{"steps": 10, "lr": 1e999}', "1e999 is too large; send a finite number"),
        ("{", "the body is not valid JSON"),
        ("steps=10", "the body is not valid JSON"),
        ("[" * 100_000, "the body is not valid JSON"),
        ('{"steps": "\\ud800"}', "the body is not valid JSON"),
        ('{"steps": "\\u0000"}', "must not hold NUL"),
    ],
)
def test_what_is_no_json_is_refused_with_a_sentence(script, experiment, refused, text, words):
    answer = script.client.post(START, text, content_type="application/json")
    assert words in refused(answer, 400)


@pytest.mark.parametrize(
    "content_type", ["text/plain", "application/x-www-form-urlencoded", "application/octet-stream"]
)
def test_a_body_that_any_web_page_can_send_is_refused(script, experiment, refused, content_type):
    answer = script.client.post(START, '{"steps": 10}', content_type=content_type)
    assert "Content-Type: application/json" in refused(answer, 415)
    assert not experiment.jobs.exists()


def test_a_huge_body_is_refused(script, experiment, refused):
    refused(script.post(START, {"steps": 10, "x": "y" * 3_000_000}), 413)


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/tasks?experiment=none", "there is no experiment 'none'"),
        ("/jobs/99", "there is no job 99"),
        ("/jobs/99999999999999999999", "there is no job"),
        ("/jobs/99/events", "there is no job 99"),
        ("/jobs/99/loss_history", "there is no job 99"),
        ("/datasets/none/sample", "there is no dataset 'none'"),
        ("/jobs/current", "has no job yet"),
    ],
)
def test_what_is_not_there_is_said_to_be_missing(script, experiment, refused, path, words):
    assert words in refused(script.get(path), 404)


def test_without_any_experiment_the_way_to_one_is_shown(script, refused):
    for path in ("/jobs/current", "/model/describe", "/checkpoints/tree"):
        assert "POST /model/create" in refused(script.get(path), 404)
    for path in ("/tasks", "/jobs", "/jobs/history", "/checkpoints", "/eval/history"):
        assert script.get(path).json() == []
    assert "POST /model/create" in refused(script.post(START, {"steps": 10}), 404)


@pytest.mark.parametrize(
    "path", ["/tasks/none/toggle", "/tasks/none/remove", "/tasks/<b>/toggle", "/tasks/%00/toggle"]
)
def test_an_unknown_task_is_named(script, experiment, refused, path):
    answer = script.post(path)
    refused(answer, 400 if "%00" in path else 404)


def test_what_is_true_or_false_is_asked_for_in_words(script, experiment, refused):
    answer = script.get("/jobs/1/loss_history?bands=maybe")
    assert refused(answer, 400) == "'bands' must be true or false"


@pytest.mark.parametrize("query", ["n=0", "n=-1", "n=65", "n=60000", "n=many"])
def test_a_count_has_a_cap_and_a_sentence(script, experiment, refused, query):
    assert "'n' must be" in refused(script.get(f"/datasets/digits/sample?{query}"), 400)


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=100000", "limit=x", "limit=" + "9" * 30, "experiment=%00"]
)
def test_a_wrong_parameter_of_a_list_is_refused(script, experiment, refused, query):
    refused(script.get(f"/jobs/history?{query}"), 400)


@pytest.mark.parametrize(
    "query", ["after_step=-2", "after_step=" + "9" * 30, "max_points=0", "max_points=many"]
)
def test_a_wrong_parameter_of_the_losses_is_refused(script, queued, refused, query):
    refused(script.get(f"/jobs/{queued.pk}/loss_history?{query}"), 400)


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/model/create", {"class_name": "ConvVAE", "config": {}, "experiment": "new"}),
        ("/datasets/load_builtin", {"name": "digits"}),
        ("/tasks/add", {"class_name": "ReconstructionTask", "dataset_name": "digits"}),
        ("/device/set", {"device": "cpu"}),
    ],
)
def test_what_needs_the_trainer_says_that_it_is_offline(script, experiment, refused, path, body):
    assert "the trainer is offline" in refused(script.post(path, body), 503)


def test_an_error_of_ours_is_logged_and_tells_nothing_of_itself(
    script, experiment, refused, caplog, settings
):
    """A file instead of a directory stands for whatever may break."""
    settings.ACC_API_TOKEN_FILE = settings.BASE_DIR
    sentence = refused(script.get("/tasks"), 500)
    assert sentence == "something broke on the server; its log file says what"
    assert "GET /tasks failed" in caplog.text
    assert "IsADirectoryError" in caplog.text


def test_every_refusal_of_the_services_has_a_status():
    from trainer.services import calls, cards, datasets, experiments, jobs

    for module in (calls, cards, datasets, experiments, jobs):
        for name, value in vars(module).items():
            if isinstance(value, type) and name.endswith(("Refused", "Conflict", "Offline")):
                assert api._lookup_exception_handler(value("why")) is not (
                    api._lookup_exception_handler(Exception("why"))
                ), name
