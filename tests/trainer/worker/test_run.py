"""A job from its claim to its end, as its rows tell it."""

import datetime
import errno
import threading

import pytest
import torch
from django.utils import timezone
from pytest_django import Settings

from acc.tasks.reconstruction import ReconstructionTask
from acc.training.state import capture
from tests.trainer.worker.steered import take_up_again
from trainer.models import Checkpoint, Experiment, Job, LossSeries, TrainerNode
from trainer.selectors.jobs import job_with_summary
from trainer.selectors.losses import loss_points
from trainer.services.checkpoint_files import checkpoint_directory, checkpoint_problem
from trainer.services.drafts import draft_name
from trainer.services.job_start import job_start
from trainer.services.jobs import FenceLostError, job_claim, job_take_from_silent
from trainer.worker import checkpoint_store, session
from trainer.worker.answers import model_create
from trainer.worker.checkpoint_store import checkpoint_write
from trainer.worker.job_trainer import job_tasks, trainer_build
from trainer.worker.run import job_run
from trainer.worker.snapshot import snapshot_take

pytestmark = pytest.mark.portable


def points(job: Job) -> list[tuple[int, str, float, float]]:
    """Return a job's points as (step, task, loss, total)."""
    return [
        (point["step"], point["task_name"], point["task_loss"], point["total_loss"])
        for point in loss_points(job)
    ]


def test_a_job_trains_to_its_end_and_every_point_is_stored(queued_job: Job) -> None:
    job_run(queued_job.pk)
    job = Job.objects.get(pk=queued_job.pk)
    assert (job.state, job.current_step, job.error) == (Job.State.COMPLETED, 12, "")
    assert [(step, task) for step, task, _, _ in points(job)] == [
        (step, task) for step in range(1, 13) for task in ("recon", "kl", "digit")
    ]
    summary = job_with_summary(job)["summary"]
    stored = [loss for _, task, loss, _ in points(job) if task == "recon"]
    assert summary["recon"]["final"] == stored[-1]
    assert summary["recon"]["min"] == min(stored)
    assert summary["recon"]["mean"] == pytest.approx(sum(stored) / 12)


def test_the_total_is_the_weighted_sum_of_the_stored_losses(queued_job: Job) -> None:
    job_run(queued_job.pk)
    by_step: dict[int, float] = {}
    totals = {}
    for point in loss_points(queued_job):
        by_step[point["step"]] = by_step.get(point["step"], 0) + (
            point["weight"] * point["task_loss"]
        )
        totals[point["step"]] = point["total_loss"]
    assert by_step == pytest.approx(totals)


def test_the_final_checkpoint_becomes_the_experiments_current_one(queued_job: Job) -> None:
    job_run(queued_job.pk)
    checkpoint = Checkpoint.objects.get()
    assert (checkpoint.kind, checkpoint.step) == (Checkpoint.Kind.FINAL, 12)
    assert Experiment.objects.get().current_checkpoint == checkpoint


def test_a_death_between_the_final_checkpoint_and_the_end_makes_no_second_one(
    queued_job: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(job: Job, **told: object) -> None:
        raise FenceLostError("as kill -9 leaves it: nothing more is written")

    with monkeypatch.context() as death:
        death.setattr(session, "job_end", die)
        job_run(queued_job.pk)
    assert job_take_from_silent(Job.objects.get(pk=queued_job.pk), known_dead=True)
    take_up_again(queued_job)
    job_run(queued_job.pk)
    assert Job.objects.get(pk=queued_job.pk).state == Job.State.COMPLETED
    (checkpoint,) = Checkpoint.objects.all()
    assert (checkpoint.kind, checkpoint.step) == (Checkpoint.Kind.FINAL, 12)
    assert Experiment.objects.get().current_checkpoint == checkpoint


def test_a_job_delivered_twice_trains_once(queued_job: Job) -> None:
    job_run(queued_job.pk)
    before = points(queued_job)
    job_run(queued_job.pk)
    assert points(queued_job) == before
    assert Job.objects.get(pk=queued_job.pk).fence == 1


def test_the_next_job_goes_on_from_the_last_ones_weights(
    queued_job: Job, experiment: Experiment
) -> None:
    job_run(queued_job.pk)
    first = points(queued_job)
    experiment.refresh_from_db()
    second = job_start(experiment=experiment, steps=12, batch_size=16, seed=5)
    job_run(second.pk)
    assert points(second)[0][2] < first[0][2]
    assert Checkpoint.objects.latest("pk").step == 24
    assert Checkpoint.objects.latest("pk").parent == Checkpoint.objects.earliest("pk")


def test_a_task_that_does_not_fit_any_more_fails_the_job_in_its_own_words(
    queued_job: Job,
) -> None:
    queued_job.plan["tasks"][2]["latent_slice"] = [4, 40]
    queued_job.save()
    job_run(queued_job.pk)
    job = Job.objects.get(pk=queued_job.pk)
    assert job.state == Job.State.FAILED
    assert "40" in job.error
    assert "TaskError" in job.traceback
    assert job.events.last().kind == "failed"


def test_a_job_that_ended_before_its_first_step_leaves_the_model_untrained(
    queued_job: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("no loss today")

    monkeypatch.setattr(ReconstructionTask, "compute_loss", fail)
    job_run(queued_job.pk)
    job = Job.objects.get(pk=queued_job.pk)
    assert (job.state, job.current_step) == (Job.State.FAILED, 0)
    assert not Checkpoint.objects.exists()
    replaced = {"class_name": "ConvVAE", "config": {"latent_dim": 9}, "experiment": "small"}
    assert model_create(replaced)["latent_dim"] == 9


@pytest.mark.usefixtures("no_ctrl_c")
def test_a_task_that_interrupts_its_process_fails_the_job_and_is_named(
    queued_job: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(ReconstructionTask, "compute_loss", interrupt)
    job_run(queued_job.pk)
    job = Job.objects.get(pk=queued_job.pk)
    assert job.state == Job.State.FAILED
    assert job.error == "task 'recon' failed at step 1: KeyboardInterrupt"


def test_a_checkpoint_that_cannot_be_written_costs_no_step(
    queued_job: Job, settings: Settings
) -> None:
    settings.ACC_CHECKPOINT_SECONDS = 0
    for step in range(13):
        # A directory where the file's temporary name should go: open() fails, as on a full disk.
        name = f"small-job{queued_job.pk}-step{step}-periodic-f1.safetensors"
        (checkpoint_directory() / draft_name(name)).mkdir()
    job_run(queued_job.pk)
    job = Job.objects.get(pk=queued_job.pk)
    assert (job.state, job.current_step) == (Job.State.COMPLETED, 12)
    assert job.events.filter(kind="no_checkpoint").exists()
    assert Checkpoint.objects.get().kind == Checkpoint.Kind.FINAL


def test_a_repeated_write_that_fails_leaves_the_files_of_the_first(
    queued_job: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = job_claim(queued_job.pk, worker="here:1:0")
    assert job is not None
    state = capture(trainer_build(job, job_tasks(job), torch.device("cpu")))
    checkpoint = checkpoint_write(job=job, state=state, kind=Checkpoint.Kind.FINAL)

    def fill(*_: object) -> None:
        raise OSError(errno.ENOSPC, "no space left on device")

    monkeypatch.setattr(checkpoint_store, "_write", fill)
    with pytest.raises(OSError, match="no space"):
        checkpoint_write(job=job, state=state, kind=Checkpoint.Kind.FINAL)
    assert checkpoint_problem(checkpoint) == ""


def test_the_last_checkpoint_waits_for_room_on_the_disk(queued_job: Job) -> None:
    name = f"small-job{queued_job.pk}-step12-final-f1.safetensors"
    in_the_way = checkpoint_directory() / draft_name(name)
    in_the_way.mkdir()
    room = threading.Timer(1.0, in_the_way.rmdir)
    room.start()
    job_run(queued_job.pk)
    room.join()
    job = Job.objects.get(pk=queued_job.pk)
    assert (job.state, job.error) == (Job.State.COMPLETED, "")
    assert checkpoint_problem(Checkpoint.objects.get(job=job, kind="final")) == ""


def test_a_summary_whose_points_a_replay_will_not_write_again_is_dropped(queued_job: Job) -> None:
    # As a crash leaves it: a task joined, and its joining was never recorded.
    LossSeries.objects.create(job=queued_job, task_name="ghost", count=3, last_step=9)
    job_run(queued_job.pk)
    series = Job.objects.get(pk=queued_job.pk).loss_series.filter(is_total=False)
    assert [row.task_name for row in series] == ["recon", "kl", "digit"]


def test_a_job_is_left_to_the_machine_that_has_its_device(queued_job: Job) -> None:
    wanted = {**queued_job.plan, "device": "cuda:7"}
    Job.objects.filter(pk=queued_job.pk).update(plan=wanted)
    later = timezone.now() + datetime.timedelta(hours=1)  # heard of until the test is over
    node = TrainerNode.objects.create(name="gpu-box:1:2", seen_at=later, devices=["cuda:7", "cpu"])
    job_run(queued_job.pk)
    assert Job.objects.get(pk=queued_job.pk).state == Job.State.QUEUED
    node.delete()
    job_run(queued_job.pk)
    job = Job.objects.get(pk=queued_job.pk)
    assert job.state == Job.State.FAILED
    assert "device cuda:7 is not on this machine" in job.error


def test_a_model_of_another_machines_device_is_looked_at_where_a_worker_is(
    queued_job: Job,
) -> None:
    job_run(queued_job.pk)
    Experiment.objects.update(device="cuda:7")
    snapshot = snapshot_take(Experiment.objects.get(), fresh=False)
    assert (snapshot.step, snapshot.device.type) == (12, "cpu")
