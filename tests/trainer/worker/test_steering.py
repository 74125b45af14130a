"""Commands take effect between two steps: once, in order, and again after a crash."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from django.db import connection

from tests.setup.services import wait_until
from trainer.models import Job, JobCommand
from trainer.selectors.losses import loss_points
from trainer.services.commands import command_send
from trainer.services.jobs import job_requeue
from trainer.worker import stop_flag
from trainer.worker.run import job_run

pytestmark = [pytest.mark.portable, pytest.mark.usefixtures("valkey")]


@contextmanager
def running(job: Job) -> Iterator[threading.Thread]:
    """Train a job on another thread, as a worker would, and wait for its end."""

    def train() -> None:
        try:
            job_run(job.pk)
        finally:
            connection.close()

    thread = threading.Thread(target=train)
    thread.start()
    try:
        yield thread
    finally:
        thread.join(timeout=60)
        assert not thread.is_alive()


@pytest.fixture
def shut_down() -> Iterator[Callable[[], None]]:
    """A way to ask the worker to end; taken back afterwards."""
    yield stop_flag.request_stop
    stop_flag._flag[0] = 0


def applied(job: Job, kind: str, step: int, **payload: object) -> JobCommand:
    """Record a command as it stands after it took effect at a step."""
    return JobCommand.objects.create(
        job=job, kind=kind, payload=payload, state=JobCommand.State.APPLIED, applied_step=step
    )


def weights(job: Job, task: str) -> list[float]:
    """Return the recorded weight of a task, step by step."""
    return [p["weight"] for p in loss_points(job) if p["task_name"] == task]


def state_of(job: Job) -> str:
    """Return the state in the job's row now."""
    return str(Job.objects.values_list("state", flat=True).get(pk=job.pk))


def pause_and_shut_down(job: Job, shut_down: Callable[[], None]) -> None:
    """Train until a pause at step 5, then end the worker as Ctrl-C does."""
    applied(job, "pause", 5)
    with running(job):
        wait_until(lambda: state_of(job) == Job.State.PAUSED, "paused", seconds=20)
        shut_down()


def take_up_again(job: Job) -> None:
    """Queue an interrupted job for the next worker, whose flag is clear."""
    stop_flag._flag[0] = 0
    assert job_requeue(Job.objects.get(pk=job.pk))


def test_a_command_takes_effect_once_and_is_told_with_its_step(queued_job: Job) -> None:
    command = command_send(
        job=queued_job,
        kind="set_weight",
        payload={"task": "kl", "weight": 0.5},
        states=Job.ACTIVE,
        by="ada",
    )
    job_run(queued_job.pk)
    command.refresh_from_db()
    assert command.state == JobCommand.State.APPLIED
    assert command.applied_step is not None
    event = queued_job.events.get(kind="set_weight")
    assert (event.by, event.step) == ("ada", command.applied_step)
    assert event.detail == {"task": "kl", "old": 0.001, "new": 0.5}
    before, after = command.applied_step, 12 - command.applied_step
    assert weights(queued_job, "kl") == [0.001] * before + [0.5] * after


def test_a_command_that_cannot_apply_is_refused_with_a_reason(queued_job: Job) -> None:
    command = command_send(
        job=queued_job,
        kind="set_weight",
        payload={"task": "nobody", "weight": 1.0},
        states=Job.ACTIVE,
    )
    job_run(queued_job.pk)
    command.refresh_from_db()
    assert command.state == JobCommand.State.REFUSED
    assert "nobody" in command.reason
    assert Job.objects.get(pk=queued_job.pk).state == Job.State.COMPLETED


def test_after_a_crash_commands_are_repeated_at_the_steps_at_which_they_took_effect(
    queued_job: Job,
) -> None:
    applied(queued_job, "set_weight", 4, task="kl", weight=0.25)
    applied(queued_job, "set_enabled", 7, task="digit", enabled=False)
    job_run(queued_job.pk)
    assert weights(queued_job, "kl") == [0.001] * 4 + [0.25] * 8
    assert len(weights(queued_job, "digit")) == 7
    assert not queued_job.events.filter(kind="set_weight").exists()


def test_a_paused_job_stays_paused_over_a_restart_of_its_worker(
    queued_job: Job, shut_down: Callable[[], None]
) -> None:
    pause_and_shut_down(queued_job, shut_down)
    assert state_of(queued_job) == Job.State.INTERRUPTED
    take_up_again(queued_job)
    with running(queued_job):
        wait_until(lambda: state_of(queued_job) == Job.State.PAUSED, "paused again", seconds=20)
        assert Job.objects.get(pk=queued_job.pk).current_step == 5
        command_send(job=queued_job, kind="resume")
    assert state_of(queued_job) == Job.State.COMPLETED
    assert len(weights(queued_job, "kl")) == 12


def test_a_stop_is_not_forgotten_when_the_worker_dies_before_the_jobs_end(
    queued_job: Job, shut_down: Callable[[], None]
) -> None:
    pause_and_shut_down(queued_job, shut_down)
    # As a crash leaves it: the stop took effect and its checkpoint is written, the job not ended.
    applied(queued_job, "stop", 5)
    take_up_again(queued_job)
    job_run(queued_job.pk)
    ended = Job.objects.get(pk=queued_job.pk)
    assert (ended.state, ended.current_step) == (Job.State.STOPPED, 5)
