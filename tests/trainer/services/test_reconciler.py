"""What puts the rows right after a crash."""

import base64
import datetime
import json
import socket
import subprocess
import sys

import psutil
import pytest
from django.utils import timezone

from tests.trainer.rows import experiment_make, job_make, job_run_begin
from trainer.models import Call, Job
from trainer.services.calls import call_send
from trainer.services.jobs import job_end_unheld
from trainer.services.queue import EVAL, TRAIN, queue_is_empty
from trainer.services.reconciler import WAKE_SECONDS, reconcile_once
from trainer.services.workers import worker_is_gone, worker_name

pytestmark = [
    pytest.mark.portable,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("still_clock"),
]


def dead_worker():
    """Return the name of a process of this machine that is gone."""
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    name = worker_name(process.pid)
    assert not worker_is_gone(name)
    process.kill()
    process.communicate()
    return name


def set_row(job, **values):
    Job.objects.filter(pk=job.pk).update(**values)


def waiting(valkey, queue):
    """Return the ids in the messages of a queue, which are taken out."""
    bodies = [json.loads(message)["body"] for message in valkey.lrange(queue, 0, -1)]
    valkey.delete(queue)
    return [json.loads(base64.b64decode(body))[0][0] for body in bodies]


def test_a_job_of_a_dead_worker_is_queued_again_at_once(valkey):
    job = job_run_begin(experiment_make())
    set_row(job, worker=dead_worker())
    waiting(valkey, TRAIN)
    reconcile_once()
    job.refresh_from_db()
    assert (job.state, job.worker, job.fruitless_restarts) == ("queued", "", 1)
    assert list(job.events.values_list("kind", flat=True)) == ["queued", "interrupted"]
    assert waiting(valkey, TRAIN) == [job.pk]


def test_a_pid_that_another_process_has_now_is_a_dead_worker():
    pid = psutil.Process().pid
    assert worker_is_gone(f"{socket.gethostname()}:{pid}:1.00")
    assert not worker_is_gone(worker_name())


def test_a_process_of_another_container_of_this_name_is_not_taken_for_dead():
    host, pid, began = dead_worker().rsplit(":", 2)
    start = began.partition("-")[0]
    assert not worker_is_gone(f"{host}:{pid}:{start}-00000000")
    assert worker_is_gone(f"{host}:{pid}:{start}")


def test_a_lease_that_ended_frees_the_job_of_a_worker_elsewhere(valkey):
    job = job_run_begin(experiment_make())
    set_row(job, worker="elsewhere:1:2.00")
    reconcile_once()
    assert Job.objects.get(pk=job.pk).state == "running"
    set_row(job, lease_until=timezone.now() - datetime.timedelta(seconds=1))
    reconcile_once()
    assert Job.objects.get(pk=job.pk).state == "queued"


def test_a_living_worker_keeps_its_job(valkey):
    job = job_run_begin(experiment_make())
    reconcile_once()
    assert Job.objects.get(pk=job.pk).state == "running"


def test_a_paused_job_of_a_dead_worker_is_not_forgotten(valkey):
    job = job_run_begin(experiment_make())
    set_row(job, worker=dead_worker(), state=Job.State.PAUSED)
    reconcile_once()
    assert Job.objects.get(pk=job.pk).state == "queued"


def test_a_wake_up_that_was_lost_is_repeated_once(valkey):
    job = job_make(experiment_make())
    assert waiting(valkey, TRAIN) == [job.pk]
    valkey.flushall()
    set_row(job, enqueued_at=timezone.now() - datetime.timedelta(seconds=2 * WAKE_SECONDS))
    reconcile_once()
    reconcile_once()
    assert waiting(valkey, TRAIN) == [job.pk]


def test_a_wake_up_that_waits_is_not_repeated(valkey):
    job = job_make(experiment_make())
    set_row(job, enqueued_at=timezone.now() - datetime.timedelta(seconds=2 * WAKE_SECONDS))
    reconcile_once()
    assert waiting(valkey, TRAIN) == [job.pk]


def test_a_job_just_queued_is_left_alone(valkey):
    job_make(experiment_make())
    waiting(valkey, TRAIN)
    reconcile_once()
    assert queue_is_empty(TRAIN)


def test_a_question_whose_wake_up_was_lost_is_asked_again(valkey):
    call = call_send(kind="anything", payload={})
    assert waiting(valkey, EVAL) == [call.pk]
    old = timezone.now() - datetime.timedelta(seconds=2 * WAKE_SECONDS)
    Call.objects.filter(pk=call.pk).update(created_at=old)
    reconcile_once()
    assert waiting(valkey, EVAL) == [call.pk]
    # In a worker's hands by now: a second wake-up would cost the worker a fresh process.
    reconcile_once()
    assert waiting(valkey, EVAL) == []


def test_a_flushed_broker_still_takes_wake_ups(valkey):
    """Flushing takes the broker's own bookkeeping too, which senders remember as made."""
    experiment = experiment_make()
    job_end_unheld(job_make(experiment), state=Job.State.STOPPED)
    valkey.flushall()
    job = job_make(experiment)
    assert waiting(valkey, TRAIN) == [job.pk]
