"""The history of jobs: found again, described, compared, run anew."""

import re

import pytest

from tests.dashboard.reading import words
from tests.dashboard.rows import Scribe, experiment_make, job_run
from trainer.models import Checkpoint, EvalResult, EvalRun, Job, LossSegment, LossSeries
from trainer.selectors.job_list import jobs_sparks
from trainer.selectors.losses import loss_columns

EVIL = "<b id=planted>"


@pytest.fixture
def listed(htmx):
    """Return the numbers of the jobs that the list shows for a search, in its order."""

    def ask(**query):
        html = htmx.get("/partials/jobs/", query).content.decode()
        return [int(number) for number in re.findall(r'id="job-row-(\d+)"', html)]

    return ask


def test_jobs_are_found_by_what_people_said_of_them(htmx, listed, experiment):
    first, second, third = job_run(experiment), job_run(experiment), job_run(experiment)
    said = {"name": "Wide net", "notes": "with noise", "tags": "baseline,  long run , baseline"}
    assert htmx.post(f"/partials/job/{first.pk}/describe/", said).status_code == 200
    first.refresh_from_db()
    assert first.tag_list == ["baseline", "long run"]
    for search in ("wide", "NOISE", "baseline", "wide long", str(first.pk)):
        assert listed(search=search) == [first.pk], search
    assert listed(search="ada") == [third.pk, second.pk, first.pk]
    assert listed(search="nothing like it") == []


def test_the_list_shows_only_a_state_or_what_is_starred_in_the_order_asked(
    htmx, listed, experiment
):
    quick = job_run(experiment)
    failed = job_run(experiment, Job.State.FAILED, error="it broke")
    slow = job_run(experiment)
    for job, pace in ((quick, 90.0), (failed, 50.0), (slow, 3.0)):
        Job.objects.filter(pk=job.pk).update(steps_per_second=pace, active_seconds=1000 / pace)
    LossSeries.objects.update_or_create(job=slow, is_total=True, defaults={"last": 0.1})
    assert listed(state="failed") == [failed.pk]
    assert listed(sort="fastest") == [quick.pk, failed.pk, slow.pk]
    assert listed(sort="longest") == [slow.pk, failed.pk, quick.pk]
    assert listed(sort="loss")[0] == slow.pk
    answer = htmx.post(f"/partials/job/{quick.pk}/star/", {"starred": "true"})
    assert "acc:jobs" in answer.headers["HX-Trigger"]
    assert listed(starred="1") == [quick.pk]
    htmx.post(f"/partials/job/{quick.pk}/star/", {"starred": "false"})
    assert listed(starred="1") == []


def test_a_row_tells_how_the_loss_went_how_healthy_it_is_and_the_best_metric(htmx, experiment):
    job = job_run(experiment)
    run = EvalRun.objects.create(experiment=experiment, job=job, step=40)
    for metric, value, good, poor in (("accuracy", 0.97, 0.9, 0.5), ("error", 0.4, 0.1, 0.3)):
        EvalResult.objects.create(
            run=run, task_name="digit", metric=metric, value=value, good=good, poor=poor
        )
    response = htmx.get("/partials/jobs/")
    assert "digit accuracy 0.9700 good" in words(response)
    assert "healthy" in words(response)
    (points,) = re.findall(r'<polyline points="([^"]+)"', response.content.decode())
    heights = [float(point.split(",")[1]) for point in points.split()]
    # The loss falls, so the line goes down: its y grows.
    assert len(heights) > 10
    assert heights == sorted(heights)


@pytest.mark.parametrize("steps", [4000, 5000, 9000, 20000])
def test_the_small_curve_of_a_job_follows_its_loss_from_step_to_step(experiment, steps):
    """Whether it is drawn from points, from one level of buckets with points after it, or two."""
    scribe = Scribe.start(experiment, steps=steps)
    for _ in range(steps // 1000):
        scribe.write(1000)
    spark = jobs_sparks([scribe.job])[scribe.job.pk]
    assert spark == sorted(spark, reverse=True)
    columns = loss_columns(scribe.job, max_points=100)["total"]
    assert spark[-1] == pytest.approx(columns["loss"][-1], rel=0.1)


def test_the_points_of_a_job_that_buckets_hold_are_not_read_for_its_small_curve(
    experiment, django_assert_num_queries
):
    scribe = Scribe.start(experiment, steps=9000)
    for _ in range(9):
        scribe.write(1000)
    with django_assert_num_queries(2) as asked:
        jobs_sparks([scribe.job])
    segments = LossSegment.objects.raw(asked.captured_queries[-1]["sql"])
    assert [segment.first_step for segment in segments] == [8001]


def test_the_list_costs_the_same_statements_for_one_job_as_for_ten(
    htmx, experiment, django_assert_max_num_queries
):
    for _ in range(10):
        job_run(experiment)
    with django_assert_max_num_queries(12):
        htmx.get("/partials/jobs/")


def test_a_failed_job_says_what_to_do(htmx, experiment):
    job_run(experiment, Job.State.FAILED, error=f"CUDA out of memory {EVIL}", traceback="line 3")
    response = htmx.get("/partials/jobs/")
    assert "smaller batch size" in words(response)
    assert EVIL not in response.content.decode()


def test_what_is_too_long_is_refused_and_stays_typed(htmx, experiment):
    job = job_run(experiment)
    said = {"name": "n" * 121, "notes": "kept", "tags": EVIL}
    response = htmx.post(f"/partials/job/{job.pk}/describe/", said)
    assert response.status_code == 422
    assert "n" * 121 in response.content.decode()
    assert "Name: must have at most 120 characters, not 121" in words(response)
    assert 'aria-invalid="true" aria-describedby="job-notes-refusal"' in response.content.decode()
    assert EVIL not in response.content.decode()
    job.refresh_from_db()
    assert (job.name, job.notes, job.tags) == ("", "", "")


def test_a_job_runs_again_or_goes_on_from_its_checkpoint(htmx, experiment):
    job = job_run(experiment, steps=300)
    refused = htmx.post(f"/partials/job/{job.pk}/continue/")
    assert refused.status_code == 422
    assert "no checkpoint" in words(refused)
    checkpoint = Checkpoint.objects.create(
        experiment=experiment, job=job, kind="final", step=40, file_name="a", size_bytes=1
    )
    Job.objects.filter(pk=job.pk).update(checkpoint=checkpoint, eval_every=50)
    answer = htmx.post(f"/partials/job/{job.pk}/continue/")
    assert answer.headers["HX-Redirect"] == "/?experiment=digits"
    following = Job.objects.get(state="queued")
    assert following.start_checkpoint == checkpoint
    assert (following.total_steps, following.eval_every) == (300, 50)
    conflict = htmx.post(f"/partials/job/{job.pk}/repeat/")
    assert conflict.status_code == 422
    assert f"job {following.pk}" in words(conflict)
    Job.objects.filter(pk=following.pk).update(state=Job.State.STOPPED)
    htmx.post(f"/partials/job/{job.pk}/repeat/")
    assert Job.objects.get(state="queued").repeats == job


def test_jobs_of_other_experiments_are_offered_for_comparison_by_name(htmx, experiment):
    other = job_run(experiment_make("others", name="Others & more", is_active=False))
    job_run(experiment)
    shown = words(htmx.get("/partials/loss_curves/?experiment=digits"))
    assert f"job {other.pk}, Others & more" in shown


def test_the_row_of_a_running_job_is_fetched_alone_and_that_of_an_ended_one_never(htmx, experiment):
    ended = job_run(experiment)
    scribe = Scribe.start(experiment)
    scribe.write(40)
    address = f'hx-get="/partials/jobs/{scribe.job.pk}/"'
    listed = htmx.get("/partials/jobs/").content.decode()
    assert address in listed
    assert f'hx-get="/partials/jobs/{ended.pk}/"' not in listed
    response = htmx.get(f"/partials/jobs/{scribe.job.pk}/")
    assert address in response.content.decode()
    assert "recon" in words(response)
    assert "healthy" in words(response)
    assert f"Job {ended.pk}" not in words(response)
