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
from trainer.models import Checkpoint, Job, JobCommand
from trainer.selectors.jobs import job_as_dict
from trainer.selectors.losses import loss_points
from trainer.services.cards import card_remove, card_set_weight, card_toggle
from trainer.services.commands import command_send, command_settle, job_set_lr, job_stop
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
    )
    applied(queued_job, "pause", 9)
    with running(queued_job):
        wait_until(lambda: state_of(queued_job) == Job.State.PAUSED, "paused")
        command_send(job=queued_job, kind="resume")
    newer.refresh_from_db()
    assert (newer.applied_step or 0) >= 8
    assert weights(queued_job, "kl")[:8] == [0.001] * 8
    assert weights(queued_job, "kl")[-1] == 0.75


def test_a_pause_asked_before_a_worker_has_the_job_comes_before_its_first_step(queued_job) -> None:
    command_send(job=queued_job, kind="pause")
    with running(queued_job):
        wait_until(lambda: state_of(queued_job) == Job.State.PAUSED, "paused")
        assert not list(loss_points(queued_job))
        command_send(job=queued_job, kind="resume")
    assert state_of(queued_job) == Job.State.COMPLETED


def test_a_job_tells_the_rates_in_force_and_keeps_those_it_began_with(queued_job: Job) -> None:
    job_set_lr(job=queued_job, probe_lr=0.25)
    job_run(queued_job.pk)
    queued_job.refresh_from_db()
    told = job_as_dict(queued_job)
    assert (told["lr"], told["probe_lr"]) == (0.001, 0.25)
    assert (queued_job.lr, queued_job.probe_lr) == (0.001, 0.001)


def test_a_job_with_no_task_left_rests_until_it_has_one_again(queued_job: Job) -> None:
    cards = {card.name: card for card in queued_job.experiment.task_cards.all()}
    for name in ("recon", "kl"):
        card_remove(card=cards[name])
    card_toggle(card=cards["digit"])
    with running(queued_job):
        wait_until(lambda: state_of(queued_job) == Job.State.PAUSED, "rests")
        assert not list(loss_points(queued_job))
        resume = command_send(job=queued_job, kind="resume")
        command_settle(resume, seconds=60)
        assert resume.reason.startswith(f"job {queued_job.pk} has no task left to train")
        assert state_of(queued_job) == Job.State.PAUSED
        card_toggle(card=cards["digit"])
    assert state_of(queued_job) == Job.State.COMPLETED
    assert {point["task_name"] for point in loss_points(queued_job)} == {"digit"}


def test_a_job_whose_tasks_are_all_gone_can_be_stopped(queued_job: Job) -> None:
    for card in queued_job.experiment.task_cards.all():
        card_remove(card=card)
    with running(queued_job):
        wait_until(lambda: state_of(queued_job) == Job.State.PAUSED, "rests")
        job_stop(job=queued_job)
    assert state_of(queued_job) == Job.State.STOPPED
    assert not Checkpoint.objects.exists()


def test_a_job_that_draws_by_weight_rests_while_every_weight_is_zero(queued_job: Job) -> None:
    Job.objects.filter(pk=queued_job.pk).update(schedule=Job.Schedule.WEIGHTED)
    cards = queued_job.experiment.task_cards.all()
    for card in cards:
        card_set_weight(card=card, weight=0.0)
    with running(queued_job):
        wait_until(lambda: state_of(queued_job) == Job.State.PAUSED, "rests")
        card_set_weight(card=cards[0], weight=0.5)
    assert state_of(queued_job) == Job.State.COMPLETED


def test_an_event_says_what_was_before_what_is_now_who_and_why(queued_job: Job) -> None:
    scheduled(queued_job, "set_lr", 3, lr=0.5)
    command_send(
        job=queued_job,
        kind="set_enabled",
        payload={"task": "kl", "enabled": False},
        by="ada",
        why="it is done",
    )
    job_run(queued_job.pk)
    rates = queued_job.events.get(kind="set_lr")
    assert (rates.step, rates.detail) == (3, {"lr": 0.5, "old_lr": 0.001})
    event = queued_job.events.get(kind="set_enabled")
    assert (event.by, event.why) == ("ada", "it is done")
    assert event.detail == {"task": "kl", "old": True, "new": False}
