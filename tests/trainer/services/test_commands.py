"""What is asked of running jobs, and what becomes of it."""

import math
import threading
import time

import pytest
from django.db import connection
from redis import Redis

from tests.setup.trainer import trainer_stays
from tests.setup.waiting import wait_until
from tests.trainer.rows import experiment_make, job_make, job_run_begin
from trainer.models import Job, JobCommand
from trainer.services import commands
from trainer.services.commands import (
    bell_channel,
    command_applied,
    command_refused,
    command_send,
    command_wait,
    job_set_lr,
    job_stop,
    job_wait_end,
)
from trainer.services.jobs import JobConflict, JobRefused, job_end

pytestmark = pytest.mark.portable


def test_a_queued_job_stops_at_once(queued):
    assert job_stop(job=queued, by="ann").state == "stopped"
    assert queued.events.last().by == "ann"
    assert not JobCommand.objects.exists()


def test_a_running_job_is_asked_to_stop(running):
    assert job_stop(job=running, by="ann").state == "running"
    command = JobCommand.objects.get()
    assert (command.kind, command.state, command.by) == ("stop", "pending", "ann")


def test_a_job_at_its_end_cannot_be_stopped(running):
    job_end(running, state=Job.State.COMPLETED, step=100)
    with pytest.raises(JobConflict, match="is completed"):
        job_stop(job=running)


def test_a_waiting_job_is_told_once_it_begins_and_one_at_its_end_never(queued):
    command = command_send(job=queued, kind="pause")
    assert command.state == "pending"
    job_stop(job=queued)
    command.refresh_from_db()
    assert command.state == "refused"
    with pytest.raises(JobConflict, match="is stopped; only a job in progress"):
        command_send(job=queued, kind="pause")


def test_a_command_takes_effect_once_however_often_it_is_reported(running):
    command = command_send(job=running, kind="set_lr", payload={"lr": 0.1}, by="ann")
    command_applied(command=command, step=7, detail={"lr": 0.1})
    command_applied(command=command, step=9, detail={"lr": 0.1})
    command_refused(command=command, step=9, reason="late")
    command.refresh_from_db()
    assert (command.state, command.applied_step, command.reason) == ("applied", 7, "")
    events = running.events.filter(kind="set_lr")
    assert [(event.step, event.by, event.detail) for event in events] == [(7, "ann", {"lr": 0.1})]


def test_a_refused_command_keeps_the_reason(running):
    command = command_send(job=running, kind="set_weight", payload={"task": "x", "weight": 1})
    command_refused(command=command, step=4, reason="no task is called x")
    command.refresh_from_db()
    assert (command.state, command.applied_step) == ("refused", 4)
    assert running.events.last().detail == {
        "command": "set_weight",
        "reason": "no task is called x",
    }


@pytest.mark.django_db(transaction=True)
def test_the_bell_rings_once_the_command_is_stored(valkey, monkeypatch):
    monkeypatch.setattr(commands, "RING_SECONDS", 120.0)
    job = job_run_begin(experiment_make())
    bell = valkey.pubsub(ignore_subscribe_messages=True)
    bell.subscribe(bell_channel(job.pk))
    wait_until(lambda: valkey.pubsub_numsub(bell_channel(job.pk))[0][1] == 1, "subscribed")
    command_send(job=job, kind="pause")
    wait_until(lambda: bell.get_message(timeout=0.1) is not None, "the bell rings")
    bell.close()


@pytest.mark.django_db(transaction=True)
def test_a_command_is_stored_though_the_bell_cannot_ring(settings, tmp_path):
    job = job_run_begin(experiment_make())
    settings.REDIS_URL = f"unix://{tmp_path}/nobody.sock"
    assert command_send(job=job, kind="pause").state == "pending"


@pytest.mark.parametrize(
    ("rates", "words"),
    [
        ({}, "no learning rate is given"),
        ({"lr": 0.0}, "lr: must be a number above 0"),
        ({"lr": math.nan}, "lr: must be a number above 0"),
        ({"probe_lr": math.inf}, "probe_lr: must be a number above 0"),
        ({"lr": 11.0}, "lr: must be at most 10"),
    ],
)
def test_a_learning_rate_out_of_range_is_refused(running, rates, words):
    with pytest.raises(JobRefused, match=words):
        job_set_lr(job=running, **rates)
    assert not JobCommand.objects.exists()


def test_only_the_given_rate_is_sent(running):
    assert job_set_lr(job=running, probe_lr=0.5).payload == {"probe_lr": 0.5}


def answer_soon(write):
    def work():
        try:
            write()
        finally:
            connection.close()

    thread = threading.Thread(target=work)
    thread.start()
    return thread


@pytest.mark.django_db(transaction=True)
def test_who_waits_sees_the_command_applied():
    job = job_run_begin(experiment_make())
    command = command_send(job=job, kind="pause")
    thread = answer_soon(lambda: command_applied(command=command, step=3, detail={}))
    command_wait(command, seconds=60)
    thread.join()
    assert command.state == "applied"


@pytest.mark.django_db(transaction=True)
def test_who_waits_hears_the_refusal_in_the_workers_words():
    job = job_run_begin(experiment_make())
    command = command_send(job=job, kind="pause")
    thread = answer_soon(lambda: command_refused(command=command, step=3, reason="not now"))
    with pytest.raises(JobConflict, match="not now"):
        command_wait(command, seconds=60)
    thread.join()


@pytest.mark.django_db(transaction=True)
def test_who_waits_for_the_end_sees_it():
    job = job_run_begin(experiment_make())
    worker = Job.objects.select_related("experiment").get(pk=job.pk)
    thread = answer_soon(lambda: job_end(worker, state=Job.State.STOPPED, step=3))
    job_wait_end(job, seconds=60)
    thread.join()
    assert job.state == "stopped"


def test_nobody_waits_for_a_worker_that_is_busy(running):
    command = command_send(job=running, kind="pause")
    command_wait(command, seconds=0.05)
    job_wait_end(running, seconds=0.05)
    assert (command.state, running.state) == ("pending", "running")


def test_nobody_waits_for_the_answer_of_a_job_that_no_worker_can_take(running):
    waiting = job_make(experiment_make("behind"))
    trainer_stays()  # its only worker has the running job
    asked = command_send(job=waiting, kind="pause")
    began = time.monotonic()
    command_wait(asked, seconds=60)
    assert time.monotonic() - began < 30
    assert asked.state == "pending"


def test_the_broker_is_a_real_one(valkey: Redis, experiment):
    """Else the tests above would prove nothing."""
    assert valkey.ping()
    assert job_make(experiment).state == "queued"
