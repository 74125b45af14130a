"""A job's evaluations over its steps: metrics, the same images at each, and how often."""

from itertools import pairwise

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client

from tests.dashboard.measured import PIXEL
from tests.trainer.rows import dataset_make, job_run_begin
from trainer.models import Checkpoint, EvalResult, EvalRun, Job, JobCommand
from trainer.services.commands import command_applied, command_refused
from trainer.services.eval_pictures import SheetFact
from trainer.services.evals import EvalOutcome, MetricFact, eval_store
from trainer.services.jobs import job_end, job_eval_every_set
from trainer.services.picture_files import picture_keep

pytestmark = pytest.mark.django_db

SLOWER = {"steps": 25, "why": "it takes long"}


@pytest.fixture(autouse=True)
def _own_room(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def viewer(db):
    """A browser in which somebody is signed in who may only look."""
    vera = User.objects.create_user("vera")
    vera.groups.add(Group.objects.get(name="viewer"))
    client = Client(raise_request_exception=False)
    client.force_login(vera)
    return client


def evaluate(job, step, *metrics, sheets=(), untrained=()):
    """Store what an evaluation of a job found after one of its steps."""
    state = Checkpoint.objects.create(
        experiment=job.experiment,
        job=job,
        kind=Checkpoint.Kind.EVAL,
        step=step,
        job_step=step,
        file_name=f"{step}.safetensors",
        size_bytes=1,
    )
    outcome = EvalOutcome(
        step=step,
        checkpoint=state,
        metrics=list(metrics),
        untrained=list(untrained),
        sheets=list(sheets),
    )
    return eval_store(experiment=job.experiment, outcome=outcome)


def psnr(value):
    return MetricFact("recon", "psnr", value, good=20.0, poor=12.0, unit="dB")


def sheet(number, dataset="digits"):
    name = picture_keep(PIXEL + f"{dataset} {number}".encode())
    return SheetFact(dataset, name, [10.5, None])


def test_metrics_are_curves_in_order_of_steps_with_their_units_and_bounds(script, running):
    second = evaluate(running, 200, psnr(14.0), MetricFact("kl", "kl", 3.0))
    first = evaluate(running, 100, psnr(12.5), untrained=["recon"])
    found = script.get("/eval/curves", job=running.pk)
    assert found.status_code == 200
    unbounded = {"unit": "", "better": "", "good": None, "poor": None}
    assert found.json() == {
        "job_id": running.pk,
        "left_out": 0,
        "series": [
            {
                "task_name": "recon",
                "metric": "psnr",
                "unit": "dB",
                "better": "higher",
                "good": 20.0,
                "poor": 12.0,
                "points": [
                    {"step": 100, "value": 12.5, "eval_id": first.pk, "untrained": True},
                    {"step": 200, "value": 14.0, "eval_id": second.pk},
                ],
            },
            {
                "task_name": "kl",
                "metric": "kl",
                **unbounded,
                "points": [{"step": 200, "value": 3.0, "eval_id": second.pk}],
            },
        ],
    }


def test_of_one_step_evaluated_twice_the_newest_counts(script, running):
    evaluate(running, 100, psnr(12.0))
    newest = evaluate(running, 100, psnr(13.0))
    (series,) = script.get("/eval/curves", job=running.pk).json()["series"]
    assert series["points"] == [{"step": 100, "value": 13.0, "eval_id": newest.pk}]


@pytest.mark.parametrize("value", ["nan", "inf", "-inf"])
def test_a_metric_that_is_no_number_is_null_with_its_name(script, running, value):
    run = evaluate(running, 100, psnr(float(value)))
    (series,) = script.get("/eval/curves", job=running.pk).json()["series"]
    expected = {"step": 100, "value": None, "eval_id": run.pk, "nonfinite": value}
    assert series["points"] == [expected]


def test_of_more_than_a_thousand_evaluations_the_newest_stays_and_the_rest_are_counted(
    script, running
):
    EvalRun.objects.bulk_create(
        EvalRun(experiment=running.experiment, job=running, step=step, job_step=step)
        for step in range(1, 2602)
    )
    EvalResult.objects.bulk_create(
        EvalResult(run=run, task_name="recon", metric="psnr", value=run.step)
        for run in EvalRun.objects.order_by("pk")
    )
    found = script.get("/eval/curves", job=running.pk).json()
    steps = [point["step"] for point in found["series"][0]["points"]]
    assert len(steps) <= 1000
    assert steps == sorted(steps)
    assert steps[-1] == 2601
    assert len(steps) + found["left_out"] == 2601


def test_the_same_images_are_listed_at_each_step_and_their_file_is_there(script, running, viewer):
    dataset_make("shapes", content_hash="1" * 64)
    later = evaluate(running, 200, sheets=[sheet(200)])
    earlier = evaluate(running, 100, sheets=[sheet(100), sheet(100, "shapes")])
    found = script.get("/eval/pictures", job=running.pk)
    assert found.status_code == 200
    listed = found.json()
    assert [(row["eval_id"], row["step"], row["dataset"]) for row in listed] == [
        (earlier.pk, 100, "digits"),
        (earlier.pk, 100, "shapes"),
        (later.pk, 200, "digits"),
    ]
    assert {tuple(row["psnr"]) for row in listed} == {(10.5, None)}
    assert len({row["sheet"] for row in listed}) == 3
    picture = viewer.get(f"/picture/{listed[0]['sheet']}")
    assert b"".join(picture) == PIXEL + b"digits 100"


def test_of_one_dataset_48_pictures_stay_from_the_first_to_the_newest(script, running):
    for step in range(10, 610, 10):
        evaluate(running, step, sheets=[sheet(step)])
    steps = [row["step"] for row in script.get("/eval/pictures", job=running.pk).json()]
    assert len(steps) == 48
    assert (steps[0], steps[-1]) == (10, 600)
    # Thinned evenly: what is between two neighbours was at most one picture, or two.
    assert max(later - earlier for earlier, later in pairwise(steps)) <= 30


def test_what_is_evaluated_of_one_job_is_no_other_jobs(script, running):
    evaluate(running, 100, psnr(12.0), sheets=[sheet(100)])
    job_end(running, state=Job.State.COMPLETED, step=100)
    other = job_run_begin(running.experiment)
    assert script.get("/eval/curves", job=other.pk).json()["series"] == []
    assert script.get("/eval/pictures", job=other.pk).json() == []


@pytest.mark.parametrize(
    ("query", "status", "sentence"),
    [
        ({}, 400, "'job' is missing"),
        ({"job": "x"}, 400, "'job' must be a whole number"),
        ({"job": 0}, 400, "'job' must be at least 1"),
        ({"job": 2**63}, 400, "'job' must be at most"),
        ({"job": 999}, 404, "there is no job 999"),
    ],
)
def test_a_job_that_is_not_there_is_refused_in_a_sentence(script, refused, query, status, sentence):
    for path in ("/eval/curves", "/eval/pictures"):
        assert sentence in refused(script.get(path, **query), status)


def test_a_job_starts_with_its_interval_and_never_is_the_default(script, experiment):
    assert script.post("/train/start", {"steps": 50, "eval_every": 10}).json()["eval_every"] == 10
    assert script.get("/jobs/current").json()["eval_every"] == 10
    script.post("/train/stop")
    assert script.post("/train/start", {"steps": 50, "eval_every": None}).json()["eval_every"] == 0
    script.post("/train/stop")
    assert script.post("/train/start", {"steps": 50}).json()["eval_every"] == 0


@pytest.mark.parametrize(
    ("every", "sentence"),
    [
        (-1, "eval_every"),
        (1_000_000_001, "eval_every"),
        (1.5, "'eval_every' must be a whole number"),
        ("10", "'eval_every' must be a whole number"),
        (True, "'eval_every' must be a whole number"),
    ],
)
def test_an_interval_that_is_none_starts_nothing(script, experiment, refused, every, sentence):
    body = {"steps": 50, "eval_every": every}
    assert sentence in refused(script.post("/train/start", body), 400)
    assert not Job.objects.exists()


def test_another_interval_counts_from_its_step_on_and_says_why(script, worker):
    def take(job, command):
        job_eval_every_set(job, command.payload["steps"])
        command_applied(command=command, step=7, detail={"old": 0, "new": 25})

    worker(take)
    changed = script.post("/train/set_eval_every", SLOWER)
    assert (changed.status_code, changed.json()["eval_every"]) == (200, 25)
    job = changed.json()["id"]
    event = script.get(f"/jobs/{job}/events").json()[-1]
    assert (event["kind"], event["step"], event["by"]) == ("set_eval_every", 7, "operator")
    assert (event["why"], event["detail"]) == ("it takes long", {"old": 0, "new": 25})


def test_an_interval_that_the_worker_refuses_is_a_conflict(script, worker, refused):
    worker(lambda job, command: command_refused(command=command, step=4, reason="not this one"))
    assert refused(script.post("/train/set_eval_every", SLOWER), 409) == "not this one"


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ({"steps": -1}, "must be a whole number from 0 to 1,000,000,000"),
        ({"steps": 1_000_000_001}, "must be a whole number from 0 to 1,000,000,000"),
        ({"steps": 2.5}, "'steps' must be a whole number"),
        ({"steps": "5"}, "'steps' must be a whole number"),
        ({}, "'steps' is missing"),
        ({"steps": 5, "every": 5}, "'every' is not a field of this call"),
        ({"steps": 5, "why": "x" * 501}, "'why' must have at most 500 characters"),
    ],
)
def test_another_interval_that_is_none_is_refused_and_not_asked(
    script, running, refused, body, sentence
):
    assert sentence in refused(script.post("/train/set_eval_every", body), 400)
    assert not JobCommand.objects.exists()


def test_without_a_job_in_progress_there_is_no_interval_to_change(script, queued, refused):
    script.post("/train/stop")
    sentence = refused(script.post("/train/set_eval_every", SLOWER), 409)
    assert "no job of experiment 'small' is in progress" in sentence
    answer = script.post("/train/set_eval_every", SLOWER, experiment="other")
    assert "no experiment 'other'" in refused(answer, 404)


def test_a_viewer_reads_both_and_changes_no_interval(running, viewer, refused):
    evaluate(running, 100, psnr(12.0), sheets=[sheet(100)])
    for path in ("/eval/curves", "/eval/pictures"):
        assert viewer.get(path, {"job": running.pk}).status_code == 200
    json = "application/json"
    sentences = [
        refused(viewer.post("/train/set_eval_every", SLOWER, content_type=json), 403),
        refused(viewer.post("/train/start", {"steps": 5, "eval_every": 1}, content_type=json), 403),
    ]
    assert all("look and change nothing" in sentence for sentence in sentences)
    assert not JobCommand.objects.exists()
    assert Job.objects.count() == 1


@pytest.mark.parametrize("path", ["/eval/curves", "/eval/pictures"])
def test_without_credentials_nothing_of_a_job_is_told(client, running, refused, path):
    assert "Authorization: Bearer TOKEN" in refused(client.get(path, {"job": running.pk}), 401)
