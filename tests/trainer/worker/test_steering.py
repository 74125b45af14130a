"""Commands take effect between two steps: once, in order, and again after a crash."""

from collections.abc import Callable

import pytest

from tests.setup.waiting import wait_until
from tests.trainer.worker.steered import (
    applied,
    running,
    scheduled,
    state_of,
    take_up_again,
    weights,
)
from trainer.models import Job, JobCommand
from trainer.services.commands import command_send
from trainer.worker.run import job_run

pytestmark = [pytest.mark.portable, pytest.mark.usefixtures("valkey")]


def pause_and_shut_down(job: Job, shut_down: Callable[[], None]) -> None:
    """Train until a pause at step 5, then end the worker as Ctrl-C does."""
    applied(job, "pause", 5)
    with running(job):
        wait_until(lambda: state_of(job) == Job.State.PAUSED, "paused")
        shut_down()


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
        wait_until(lambda: state_of(queued_job) == Job.State.PAUSED, "paused again")
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


def test_after_a_crash_what_is_new_waits_for_what_is_repeated(queued_job: Job) -> None:
    applied(queued_job, "set_weight", 8, task="kl", weight=0.25)
    newer = command_send(
        job=queued_job,
        kind="set_weight",
        payload={"task": "kl", "weight": 0.75},
        states=Job.ACTIVE,
    )
    applied(queued_job, "pause", 9)
    with running(queued_job):
        wait_until(lambda: state_of(queued_job) == Job.State.PAUSED, "paused")
        command_send(job=queued_job, kind="resume")
    newer.refresh_from_db()
    assert (newer.applied_step or 0) >= 8
    assert weights(queued_job, "kl")[:8] == [0.001] * 8
    assert weights(queued_job, "kl")[-1] == 0.75


def test_the_last_task_that_a_job_trains_stays_and_its_card_says_so(queued_job: Job) -> None:
    cards = queued_job.experiment.task_cards
    for name in ("recon", "kl", "digit"):
        # As the cards say: a change that the job refuses must not stay in one of them.
        cards.filter(name=name).update(enabled=False)
        payload = {"task": name, "enabled": False}
        command_send(job=queued_job, kind="set_enabled", payload=payload, states=Job.ACTIVE)
    job_run(queued_job.pk)
    refused = JobCommand.objects.get(job=queued_job, state=JobCommand.State.REFUSED)
    assert refused.reason == (
        f"'digit' is the only enabled task of job {queued_job.pk}; stop the job instead"
    )
    assert list(cards.filter(enabled=True).values_list("name", flat=True)) == ["digit"]
    assert queued_job.events.get(kind="refused").detail["reason"] == refused.reason
    assert state_of(queued_job) == Job.State.COMPLETED


def test_an_event_says_what_was_before_what_is_now_who_and_why(queued_job: Job) -> None:
    scheduled(queued_job, "set_lr", 3, lr=0.5)
    command_send(
        job=queued_job,
        kind="set_enabled",
        payload={"task": "kl", "enabled": False},
        states=Job.ACTIVE,
        by="ada",
        why="it is done",
    )
    job_run(queued_job.pk)
    rates = queued_job.events.get(kind="set_lr")
    assert (rates.step, rates.detail) == (3, {"lr": 0.5, "old_lr": 0.001})
    event = queued_job.events.get(kind="set_enabled")
    assert (event.by, event.why) == ("ada", "it is done")
    assert event.detail == {"task": "kl", "old": True, "new": False}
