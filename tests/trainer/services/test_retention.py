"""Old jobs make room: what goes, what stays, and how it is told."""

import datetime
from io import StringIO

import numpy as np
import pytest
from django.core.management import call_command
from django.utils import timezone

from tests.dashboard.rows import Scribe, experiment_make
from trainer.models import Job, LossLevel, LossSegment
from trainer.selectors.job_list import jobs_sparks
from trainer.selectors.loss_runs import loss_runs
from trainer.selectors.losses import loss_columns
from trainer.services.figures import figures_store
from trainer.services.loss_levels import LevelWriter

pytestmark = [pytest.mark.django_db, pytest.mark.portable]

STEPS = 9000  # two full rows of level 1, and a rest


def job_of_long_ago(slug="old", **facts):
    scribe = Scribe.start(experiment_make(slug, is_active=False), steps=STEPS)
    for _ in range(9):
        scribe.write(STEPS // 9, recon={3500: 77.0} if scribe.step == 3000 else {})
    LevelWriter(scribe.job).write()
    figures_store(job=scribe.job, at=1.0, step=1, figures={})
    scribe.end()
    long_ago = timezone.now() - datetime.timedelta(days=90)
    Job.objects.filter(pk=scribe.job.pk).update(completed_at=long_ago, **facts)
    return Job.objects.get(pk=scribe.job.pk)


def thinjobs(*options):
    said = StringIO()
    call_command("thinjobs", *options, stdout=said)
    return said.getvalue()


def bands_of(job, **view):
    return loss_columns(Job.objects.get(pk=job.pk), bands=True, **view)["bands"]["recon"]


def test_a_thinned_job_has_the_chart_that_it_had_and_says_that_it_is_thinned(admin_client):
    job = job_of_long_ago()
    before = bands_of(job, max_points=60)
    said = thinjobs("--older-than", "30")
    assert said.startswith("1 jobs lost 8,000 exact steps")
    assert bands_of(job, max_points=60) == before
    assert max(before["high"]) == 77.0
    answer = admin_client.get(f"/jobs/{job.pk}/loss_history?max_points=60").json()
    assert answer["kept"] == "levels"
    page = admin_client.get(f"/?experiment=old&job={job.pk}").content.decode()
    assert "This job was thinned" in page


def test_a_close_view_of_a_thinned_job_shows_its_stretches_and_no_hole():
    job = job_of_long_ago()
    thinjobs("--older-than", "30")
    close = bands_of(job, after_step=3400, last_step=3700, max_points=1000)
    assert close["first_step"][0] <= 3401
    assert close["last_step"][-1] >= 3700
    assert 77.0 in close["high"]
    assert sum(close["count"]) == close["last_step"][-1] - close["first_step"][0] + 1
    end = bands_of(job, after_step=8150, max_points=2000)
    assert end["last_step"][-1] == STEPS
    assert sum(end["count"]) == STEPS - end["first_step"][0] + 1


def test_exact_points_that_are_gone_are_refused_and_not_left_out(admin_client):
    job = job_of_long_ago()
    thinjobs("--older-than", "30")
    gone = admin_client.get(f"/jobs/{job.pk}/loss_history")
    assert gone.status_code == 410
    assert "max_points" in gone.json()["error"]


def test_deleted_points_leave_the_summary(admin_client):
    job = job_of_long_ago()
    thinjobs("--older-than", "30", "--delete-points")
    assert not LossSegment.objects.filter(job=job).exists()
    assert not LossLevel.objects.filter(job=job).exists()
    assert not job.figures.exists()
    gone = admin_client.get(f"/jobs/{job.pk}/loss_history")
    assert (gone.status_code, "were deleted" in gone.json()["error"]) == (410, True)
    (shown,) = admin_client.get("/jobs/history?experiment=old").json()
    assert shown["summary"]["recon"]["final"] is not None
    assert "were deleted" in admin_client.get(f"/?experiment=old&job={job.pk}").content.decode()


def test_active_recent_and_starred_jobs_keep_everything():
    starred = job_of_long_ago("starred", starred=True)
    recent = job_of_long_ago("recent")
    Job.objects.filter(pk=recent.pk).update(completed_at=timezone.now())
    active = job_of_long_ago("active", state=Job.State.PAUSED)
    count = LossSegment.objects.count()
    said = thinjobs("--older-than", "30", "--delete-points")
    assert said.startswith("0 jobs")
    assert "1 starred jobs keep theirs" in said
    assert LossSegment.objects.count() == count
    assert {job.points_kept for job in Job.objects.all()} == {"all"}

    assert thinjobs("--older-than", "30", "--delete-points", "--starred-too").startswith("1 jobs")
    assert not list(loss_runs(starred))
    assert list(loss_runs(active))


def test_a_dry_run_says_what_would_go_and_takes_nothing():
    job_of_long_ago()
    count = LossSegment.objects.count()
    said = thinjobs("--older-than", "30", "--dry-run")
    assert said.startswith("1 jobs would lose 8,000 exact steps")
    assert LossSegment.objects.count() == count
    assert thinjobs("--older-than", "30").startswith("1 jobs lost 8,000 exact steps")
    assert thinjobs("--older-than", "30").startswith("0 jobs lost")


def test_the_small_curve_of_a_thinned_job_is_that_of_the_whole_job():
    job = job_of_long_ago()
    whole = jobs_sparks([job])[job.pk]
    thinjobs("--older-than", "30")
    job.refresh_from_db()
    # Beside the spike, which weighs on the mean of its stretch.
    assert np.allclose(jobs_sparks([job])[job.pk][16:], whole[16:], rtol=0.2)


@pytest.mark.parametrize(
    ("action", "kept"), {"thin_points": "levels", "delete_points": "nothing"}.items()
)
def test_the_admin_says_what_will_go_before_it_goes(action, kept, admin_client):
    old = job_of_long_ago()
    starred = job_of_long_ago("starred", starred=True)
    asked = {"action": action, "_selected_action": [old.pk, starred.pk], "select_across": "0"}
    page = admin_client.post("/admin/trainer/job/", asked).content.decode()
    assert "1 job will lose" in page
    assert "1 starred job will keep everything" in page
    assert {job.points_kept for job in Job.objects.all()} == {"all"}

    admin_client.post("/admin/trainer/job/", {**asked, "confirm": "yes"})
    assert Job.objects.get(pk=old.pk).points_kept == kept
    assert Job.objects.get(pk=starred.pk).points_kept == "all"
