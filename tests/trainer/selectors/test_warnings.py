"""What is warned of, and what only looks like trouble."""

import datetime
import socket

import pytest
from django.utils import timezone

from tests.trainer.rows import experiment_make, job_make
from trainer.models import Job, TrainerNode
from trainer.selectors.warnings import warnings_now
from trainer.services.jobs import job_claim, job_lease_renew, job_pause_set
from trainer.services.nodes import node_heartbeat

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.portable,
    pytest.mark.usefixtures("still_clock"),
]


@pytest.fixture(autouse=True)
def room_on_the_disk(settings):
    settings.ACC_DISK_FREE_MB = settings.ACC_DISK_FREE_PERCENT = 0


@pytest.fixture
def node():
    now = timezone.now()
    return TrainerNode.objects.create(name="elsewhere:1:77-ab", seen_at=now, devices=["cpu"])


def seconds_ago(seconds):
    return timezone.now() - datetime.timedelta(seconds=seconds)


def keys():
    return [warning.key for warning in warnings_now() if warning.key != "messages"]


def test_a_job_that_steps_is_no_trouble(running):
    job_lease_renew(running, stepped_at=seconds_ago(2))
    assert keys() == []


def test_a_job_that_stands_still_is_told_with_its_process_and_since_when(running):
    stood = seconds_ago(7)
    Job.objects.update(steps_per_second=50.0)
    job_lease_renew(running, stepped_at=stood)
    (warning,) = warnings_now()
    assert (warning.key, warning.since, warning.job) == (f"stalled-{running.pk}", stood, running)
    assert "before, one took 0.02 s" in warning.words
    assert running.worker.rpartition(":")[0] in warning.advice


def test_a_job_whose_steps_are_long_has_time(running):
    Job.objects.update(steps_per_second=0.5)
    job_lease_renew(running, stepped_at=seconds_ago(30))
    assert keys() == []
    job_lease_renew(running, stepped_at=seconds_ago(50))
    assert keys() == [f"stalled-{running.pk}"]


def test_a_paused_job_and_one_before_its_first_step_do_not_stand_still(running):
    job_lease_renew(running, stepped_at=None)
    assert keys() == []
    job_lease_renew(running, stepped_at=seconds_ago(60))
    job_pause_set(running, paused=True)
    assert keys() == []


def test_a_worker_that_gives_no_sign_of_life_is_told_until_it_does(running, settings):
    age = settings.ACC_LEASE_SECONDS - 6
    Job.objects.update(lease_until=timezone.now() + datetime.timedelta(seconds=age))
    (warning,) = warnings_now()
    assert warning.key == f"silent-{running.pk}"
    assert "The trainer is offline" in warning.advice
    job_lease_renew(running)
    assert keys() == []


def test_a_queued_job_that_no_free_worker_takes_is_told(experiment, node):
    job = job_make(experiment)
    Job.objects.update(enqueued_at=seconds_ago(10))
    assert keys() == []
    Job.objects.update(enqueued_at=seconds_ago(30))
    assert keys() == [f"waiting-{job.pk}"]


def test_a_queued_job_behind_another_one_waits_in_order(running, node):
    behind = job_make(experiment_make("behind"))
    Job.objects.filter(pk=behind.pk).update(enqueued_at=seconds_ago(90))
    assert keys() == []
    assert job_claim(behind.pk, worker=running.worker)


def test_a_queued_job_behind_a_paused_one_is_told_what_it_waits_for(running, node):
    behind = job_make(experiment_make("behind"))
    assert keys() == []
    job_pause_set(running, paused=True)  # from now on nobody will take it, so it is told at once
    asked = Job.objects.get(pk=behind.pk).enqueued_at
    (warning,) = [found for found in warnings_now() if found.key != "messages"]
    assert (warning.key, warning.level) == (f"waiting-{behind.pk}", "warning")
    assert warning.words == (
        f"Job {behind.pk} waits for job {running.pk} of experiment 'small', which is paused."
    )
    assert f"Resume job {running.pk}, or stop it" in warning.advice
    assert (warning.since, warning.job) == (asked, behind)
    job_pause_set(running, paused=False)
    assert keys() == []


def test_a_job_behind_a_paused_one_has_time_while_another_trainer_side_may_take_it(running, node):
    TrainerNode.objects.create(name="third:1:78-cd", seen_at=node.seen_at, devices=["cpu"])
    behind = job_make(experiment_make("behind"))
    job_pause_set(running, paused=True)
    assert keys() == []
    Job.objects.filter(pk=behind.pk).update(enqueued_at=seconds_ago(30))
    assert keys() == [f"waiting-{behind.pk}"]


def test_a_disk_that_fills_up_is_told_on_each_machine(node, settings):
    settings.ACC_DISK_FREE_PERCENT = 10
    TrainerNode.objects.update(home_free_bytes=9 << 30, home_total_bytes=100 << 30)
    (theirs,) = [warning for warning in warnings_now() if warning.key == "disk-elsewhere"]
    assert theirs.level == "warning"
    assert "9.0" in theirs.words

    settings.ACC_DISK_FREE_MB = 1 << 30
    found = {warning.key: warning.level for warning in warnings_now()}
    assert found[f"disk-{socket.gethostname()}"] == "critical"
    settings.ACC_DISK_FREE_PERCENT = settings.ACC_DISK_FREE_MB = 0
    assert keys() == []


def test_the_disk_of_this_machine_is_told_once_however_many_trainer_sides_it_has(settings):
    settings.ACC_DISK_FREE_MB = 1 << 30
    node_heartbeat(devices=["cpu"], versions={}, is_told=False)
    assert keys() == [f"disk-{socket.gethostname()}"]


def test_a_message_server_that_does_not_answer_is_told_while_there_is_a_trainer(node, settings):
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    assert [warning.key for warning in warnings_now()] == ["messages"]
    node.delete()
    assert warnings_now() == []
