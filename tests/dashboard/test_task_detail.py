"""The drawer about one task, and the same over the API."""

import pytest

from dashboard.templatetags.figures import NOTHING, humps
from tests.dashboard.rows import Scribe
from tests.dashboard.task_offers import offers, task_classes_store, text_of
from trainer.models import EvalResult, EvalRun, RegisteredClass, TaskCard
from trainer.services.registry import registry_store


@pytest.fixture
def experiment(experiment):
    task_classes_store(experiment)
    return experiment


def path(name: str) -> str:
    return f"/partials/cards/{TaskCard.objects.get(name=name).pk}/detail/"


def measured(experiment, step: int, **values: float | None) -> None:
    run = EvalRun.objects.create(experiment=experiment, step=step)
    for metric, value in values.items():
        facts = {"unit": "dB", "nonfinite": "nan" if value is None else ""}
        EvalResult.objects.create(run=run, task_name="recon", metric=metric, value=value, **facts)


def test_a_long_class_name_breaks_between_its_words(htmx, experiment):
    assert "Reconstruction<wbr>Task" in htmx.get(path("recon")).content.decode()
    assert humps("KLDivergenceTask") == "KLDivergence<wbr>Task"
    assert humps("A<b>") == "A&lt;b&gt;"


def test_parameters_show_what_is_given_and_what_is_left_to_the_class(experiment, htmx):
    TaskCard.objects.filter(name="recon").update(params={"loss": "l1", "own": "<i>"})
    rows = htmx.get(path("recon")).context["parameters"]
    assert [(row.name, row.value, row.is_default) for row in rows] == [
        ("loss", "l1", False),
        ("ssim_weight", "0.0", True),
        ("own", "<i>", False),
    ]
    assert "<i>" not in text_of(htmx.get(path("recon")))


@pytest.mark.parametrize(
    ("size", "told"), [(1234, "1,234 weights"), (0, "none"), (None, "not known")]
)
def test_the_size_of_the_head_is_told(experiment, htmx, size, told):
    TaskCard.objects.filter(name="recon").update(head_size=size)
    assert told in text_of(htmx.get(path("recon")))


def test_the_version_on_offer_is_linked_and_another_one_of_the_job_is_named(experiment, htmx):
    scribe = Scribe.start(experiment)
    ran = RegisteredClass.objects.get(class_name="ReconstructionTask").source_id
    assert "was started with another version" not in text_of(htmx.get(path("recon")))
    newer = [offer | {"source": "x = 1\n", "source_sha256": "f" * 64} for offer in offers()]
    registry_store(registry="tasks", offers=newer, errors=[])
    text = text_of(htmx.get(path("recon")))
    assert f'href="/registry/source/{"f" * 64}/"' in text
    assert f"Job {scribe.job.pk} was started with another version" in text
    assert f'href="/registry/source/{ran}/"' in text


def test_losses_are_those_of_the_current_or_last_job(experiment, htmx):
    assert "No job has trained it yet." in text_of(htmx.get(path("recon")))
    scribe = Scribe.start(experiment)
    scribe.write(30)
    scribe.end()
    text = text_of(htmx.get(path("recon")))
    for told in ("0.2564", "improving", "healthy", "30 steps"):
        assert told in text


def test_metrics_are_shown_over_the_last_evaluations_and_nothing_where_there_are_none(
    experiment, htmx
):
    assert "Metrics" not in text_of(htmx.get(path("recon")))
    for step in range(10, 80, 10):
        measured(experiment, step, psnr_db=step / 2, **({"broken": None} if step == 70 else {}))
    context = htmx.get(path("recon")).context
    assert context["eval_steps"] == [70, 60, 50, 40, 30]
    rows = {row.name: row.values for row in context["metric_rows"]}
    assert rows["psnr_db"] == ["35.00 dB", "30.00 dB", "25.00 dB", "20.00 dB", "15.00 dB"]
    assert rows["broken"] == ["nan dB", *[NOTHING] * 4]
    assert "Metrics" not in text_of(htmx.get(path("kl")))


def test_only_the_tasks_own_events_are_told(experiment, htmx):
    scribe = Scribe.start(experiment)
    scribe.happen("set_weight", task="kl", old=1.0, new=2.0)
    scribe.happen("set_weight", task="recon", old=1.0, new=3.0)
    told = htmx.get(path("recon")).context["happenings"]
    assert [happening.words for happening in told] == ["weight of recon 1 → 3"]
    assert "Nothing was done to it." in text_of(htmx.get(path("digit")))


def test_a_task_that_is_gone_says_so(experiment, htmx):
    for pk in (10**6, 2**70):
        response = htmx.get(f"/partials/cards/{pk}/detail/")
        assert "This task is no longer attached." in text_of(response)


def test_the_api_tells_the_same(experiment, browser_client):
    scribe = Scribe.start(experiment)
    scribe.write(30)
    scribe.happen("set_weight", task="recon", old=1.0, new=3.0)
    measured(experiment, 30, psnr_db=15.0)
    answer = browser_client.get("/tasks/recon/detail").json()
    assert answer["class_name"] == "ReconstructionTask"
    assert answer["job"] == scribe.job.pk
    assert answer["source_sha256"] == answer["job_source_sha256"]
    assert answer["latest_loss"] == pytest.approx(10 / 39)
    assert (answer["health"], answer["summary"]["trend"]) == ("healthy", "improving")
    assert [(run["step"], run["metrics"]) for run in answer["evals"]] == [(30, {"psnr_db": 15.0})]
    assert [event["words"] for event in answer["events"]] == ["weight of recon 1 → 3"]
    refused = browser_client.get("/tasks/none/detail")
    assert refused.status_code == 404
    assert "no task named 'none'" in refused.json()["error"]
