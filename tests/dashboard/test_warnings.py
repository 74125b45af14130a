"""What goes wrong, on every page and for scripts."""

import datetime

import pytest
from django.utils import timezone

from tests.dashboard.rows import Scribe, experiment_make
from trainer.models import Job

pytestmark = pytest.mark.django_db


@pytest.fixture
def stalled(settings):
    settings.ACC_DISK_FREE_MB = settings.ACC_DISK_FREE_PERCENT = 0
    scribe = Scribe.start(experiment_make("digits"))
    scribe.write(20)
    long_ago = timezone.now() - datetime.timedelta(seconds=60)
    Job.objects.update(stepped_at=long_ago, worker="here:77:1", steps_per_second=10.0)
    return scribe.job


@pytest.mark.parametrize("path", ["/", "/job/{job}/", "/registry/", "/partials/warnings/"])
def test_pages_say_that_a_job_stands_still_and_what_to_do(path, admin_client, stalled):
    page = admin_client.get(path.format(job=stalled.pk)).content.decode()
    assert f"Job {stalled.pk} stands still" in page
    assert "end its process (here:77)" in page


def test_scripts_hear_of_it_with_credentials_only(client, admin_client, stalled):
    assert "warnings" not in client.get("/health").json()
    (warning,) = admin_client.get("/health").json()["warnings"]
    assert (warning["key"], warning["job"]) == (f"stalled-{stalled.pk}", stalled.pk)
    assert admin_client.get(f"/jobs/{stalled.pk}").json()["warnings"] == [warning]


def test_a_job_that_goes_on_is_no_trouble_any_more(admin_client, stalled, still_clock):
    Job.objects.update(stepped_at=still_clock)
    assert admin_client.get("/health").json()["warnings"] == []
    assert "stands still" not in admin_client.get("/").content.decode()
