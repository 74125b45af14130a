"""The life of a job: every state, every refusal, and the races."""

import math

import pytest
from django.core.exceptions import ValidationError

from tests.trainer.rows import at_once, experiment_make, job_make, job_run_begin
from trainer.models import Checkpoint, Experiment, Job, JobCommand
from trainer.services.checkpoints import checkpoint_record
from trainer.services.commands import command_send
from trainer.services.experiments import experiment_create
from trainer.services.job_start import job_start
from trainer.services.jobs import (
    MOST_FRUITLESS_RESTARTS,
    FenceLostError,
    JobConflict,
    JobRefused,
    job_claim,
    job_end,
    job_end_unheld,
    job_interrupt,
    job_lease_renew,
    job_pause_set,
    job_requeue,
    job_running_announce,
    job_take_from_silent,
)
from trainer.services.sentences import sentence_of
from trainer.services.sources import ClassMissing

pytestmark = pytest.mark.portable


def kinds(job):
    return list(job.events.order_by("pk").values_list("kind", flat=True))


def fresh(job):
    return Job.objects.get(pk=job.pk)


def test_a_new_job_waits_with_everything_it_needs_to_be_repeated(experiment):
    job = job_start(experiment=experiment, steps=50, lr=0.01, seed=3, by="ann")
    assert (job.state, job.task_names, job.probe_lr) == ("queued", ["recon", "digit"], 0.01)
    assert [task["name"] for task in job.plan["tasks"]] == ["recon", "digit"]
    assert job.plan["datasets"]["digits"]["spec"] == {"builtin": "digits", "image_size": 32}
    assert kinds(job) == ["queued"]
    assert job.events.get().by == "ann"


def test_a_disabled_task_whose_class_is_gone_stands_in_nobodys_way(experiment):
    experiment.task_cards.filter(name="recon").update(class_name="GoneTask")
    with pytest.raises(ClassMissing, match="task 'recon' needs the class GoneTask, which is no"):
        job_make(experiment)
    experiment.task_cards.filter(name="recon").update(enabled=False)
    assert [task["name"] for task in job_make(experiment).plan["tasks"]] == ["digit"]


def test_a_job_that_could_draw_no_task_by_weight_is_refused(experiment):
    experiment.task_cards.update(weight=0.0)
    with pytest.raises(JobRefused, match="every enabled one has weight 0"):
        job_start(experiment=experiment, steps=5, schedule="weighted")
    assert job_start(experiment=experiment, steps=5).state == "queued"


def test_a_card_changed_later_does_not_change_the_plan(experiment, queued):
    experiment.task_cards.update(weight=7.0)
    assert {task["weight"] for task in fresh(queued).plan["tasks"]} == {1.0}


def test_a_model_that_was_replaced_since_the_caller_looked_is_the_one_to_train(experiment):
    Experiment.objects.filter(pk=experiment.pk).update(model_config={"width": 3})
    assert job_make(experiment).plan["model"]["config"] == {"width": 3}


def test_a_second_start_is_refused_and_names_the_first_job(experiment, queued):
    with pytest.raises(JobConflict, match=f"job {queued.pk} of experiment 'small' is queued"):
        job_make(experiment)


def test_another_experiment_may_train_at_the_same_time(queued):
    assert job_make(experiment_make("other")).state == "queued"


def test_no_enabled_task_is_a_refusal_but_no_conflict(experiment):
    experiment.task_cards.update(enabled=False)
    with pytest.raises(JobRefused, match="no task is enabled") as refusal:
        job_make(experiment)
    assert not isinstance(refusal.value, JobConflict)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("steps", 0),
        ("steps", 10**12),
        ("lr", math.nan),
        ("lr", -1.0),
        ("lr", math.inf),
        ("probe_lr", 0.0),
        ("batch_size", 0),
        ("schedule", "sometimes"),
        ("seed", -1),
        ("seed", 2**63),
    ],
)
def test_a_number_out_of_range_is_refused_by_its_name(experiment, field, value):
    with pytest.raises(ValidationError) as refusal:
        job_start(experiment=experiment, **{"steps": 10, field: value})
    assert sentence_of(refusal.value).startswith(field)
    assert not Job.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_of_two_starts_at_once_one_is_refused():
    experiment = experiment_make()
    results = at_once(*[lambda: job_make(experiment)] * 4)
    assert sum(isinstance(result, Job) for result in results) == 1
    assert sum(isinstance(result, JobConflict) for result in results) == 3
    assert Job.objects.count() == 1


def test_a_message_delivered_twice_trains_once(queued):
    first = job_claim(queued.pk, worker="a:1:0")
    assert first is not None
    assert (first.state, first.fence, first.worker) == ("running", 1, "a:1:0")
    assert first.started_at is not None
    assert job_claim(queued.pk, worker="b:2:0") is None
    assert fresh(queued).worker == "a:1:0"


@pytest.mark.django_db(transaction=True)
def test_of_two_workers_at_once_one_gets_the_job():
    job = job_make(experiment_make())
    results = at_once(
        lambda: job_claim(job.pk, worker="a:1:0"), lambda: job_claim(job.pk, worker="b:2:0")
    )
    claimed = [result for result in results if result is not None]
    assert [result.fence for result in claimed] == [1]


def test_a_job_runs_pauses_goes_on_and_completes(running):
    job_running_announce(running, step=0, device="cpu", threads=1, resumed=False)
    job_pause_set(running, paused=True)
    assert fresh(running).state == "paused"
    job_pause_set(running, paused=False)
    assert fresh(running).state == "running"
    job_end(running, state=Job.State.COMPLETED, step=100)
    ended = fresh(running)
    assert (ended.state, ended.current_step, ended.lease_until) == ("completed", 100, None)
    assert ended.completed_at is not None
    assert kinds(running) == ["queued", "started", "completed"]


@pytest.mark.parametrize("state", [Job.State.COMPLETED, Job.State.STOPPED, Job.State.FAILED])
def test_after_its_end_the_next_job_may_start(experiment, running, state):
    job_end(running, state=state, step=3, error="why" if state == "failed" else "")
    assert job_make(experiment).state == "queued"


def test_a_failed_job_keeps_what_went_wrong(running):
    job_end(running, state=Job.State.FAILED, step=3, error="it broke", traceback="line 1")
    assert (fresh(running).error, fresh(running).traceback) == ("it broke", "line 1")
    assert running.events.last().detail == {"error": "it broke"}


def test_a_paused_job_can_end(running):
    job_pause_set(running, paused=True)
    job_end(running, state=Job.State.STOPPED, step=5)
    assert fresh(running).state == "stopped"


@pytest.mark.parametrize(
    "write",
    [
        job_lease_renew,
        lambda job: job_pause_set(job, paused=True),
        lambda job: job_end(job, state=Job.State.COMPLETED, step=1),
        lambda job: job_running_announce(job, step=0, device="cpu", threads=1, resumed=False),
    ],
)
def test_a_worker_whose_job_was_taken_cannot_write(running, write):
    asleep = fresh(running)
    assert job_interrupt(running, reason="its worker went silent")
    with pytest.raises(FenceLostError):
        write(asleep)
    job_requeue(fresh(running))
    assert job_claim(running.pk, worker="b:2:0") is not None
    with pytest.raises(FenceLostError):
        write(asleep)
    assert fresh(running).state == "running"


def test_an_interrupted_job_is_queued_again_and_claimed_with_a_higher_fence(running):
    began = fresh(running).started_at
    job_interrupt(running, reason="power")
    interrupted = fresh(running)
    assert (interrupted.state, interrupted.is_active) == ("interrupted", True)
    assert job_requeue(interrupted)
    assert not job_requeue(interrupted)
    again = job_claim(running.pk, worker="b:2:0")
    assert again is not None
    assert again.fence > running.fence
    assert again.started_at == began


def test_a_job_is_interrupted_once(running):
    twin = fresh(running)
    assert job_take_from_silent(running, known_dead=True)
    assert not job_take_from_silent(twin, known_dead=True)
    assert fresh(running).fruitless_restarts == 1
    assert kinds(running).count("interrupted") == 1


def test_a_lease_that_was_renewed_a_moment_ago_is_respected(running):
    assert not job_take_from_silent(running, known_dead=False)
    assert fresh(running).state == "running"


def test_a_job_that_kills_its_worker_again_and_again_fails_with_a_sentence(running):
    for number in range(MOST_FRUITLESS_RESTARTS):
        assert job_take_from_silent(fresh(running), known_dead=True)
        assert job_requeue(fresh(running))
        if fresh(running).state == "failed":
            break
        assert job_claim(running.pk, worker=f"w:{number}:0")
    assert fresh(running).state == "failed"
    assert "start a new job" in fresh(running).error
    assert running.events.last().detail["error"] == fresh(running).error


def test_a_checkpoint_forgives_earlier_restarts(running):
    Job.objects.filter(pk=running.pk).update(fruitless_restarts=4)
    checkpoint = Checkpoint(
        experiment=running.experiment,
        job=running,
        kind="periodic",
        step=5,
        job_step=5,
        file_name="a.safetensors",
        sha256="0" * 64,
        size_bytes=1,
    )
    checkpoint_record(job=running, checkpoint=checkpoint)
    assert (fresh(running).fruitless_restarts, fresh(running).checkpoint) == (0, checkpoint)


def test_only_a_job_that_nobody_holds_ends_without_its_worker(experiment, queued):
    assert job_end_unheld(queued, state=Job.State.STOPPED, by="ann")
    assert fresh(queued).state == "stopped"
    held = job_run_begin(experiment)
    assert not job_end_unheld(held, state=Job.State.STOPPED)
    assert fresh(held).state == "running"


def test_a_command_that_comes_too_late_is_answered(running):
    command = command_send(job=running, kind="pause")
    job_end(running, state=Job.State.COMPLETED, step=100)
    command.refresh_from_db()
    assert (command.state, command.applied_step) == (JobCommand.State.REFUSED, 100)
    assert command.reason == "the job ended first"


def test_live_messages_count_by_one(running):
    before = fresh(running).seq
    job_pause_set(running, paused=True)
    job_end(running, state=Job.State.STOPPED, step=5)
    # One for the pause; an event and the job for the end.
    assert fresh(running).seq == before + 3


def test_a_trained_model_is_not_replaced(experiment, running):
    with pytest.raises(Exception, match="is trained"):
        experiment_create(slug="small", model_class="X", model_config={}, model_info={})
