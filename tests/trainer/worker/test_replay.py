"""What is repeated after a crash, where somebody asked for something new in an earlier replay."""

import pytest

from tests.trainer.worker.steered import applied
from trainer.models import Checkpoint, Job
from trainer.worker.replay import commands_to_repeat, was_paused

pytestmark = pytest.mark.portable


def checkpoint_at(job: Job, step: int) -> None:
    """Give a job a checkpoint of a step; nobody reads its files."""
    job.checkpoint = Checkpoint.objects.create(
        experiment=job.experiment,
        job=job,
        kind=Checkpoint.Kind.PERIODIC,
        step=step,
        job_step=step,
        file_name=f"step{step}.safetensors",
        sha256="0" * 64,
        size_bytes=1,
    )
    job.save()


def test_what_took_effect_after_the_checkpoint_is_repeated_in_its_order(queued_job: Job) -> None:
    applied(queued_job, "set_lr", 3, lr=0.1)
    late = applied(queued_job, "set_lr", 8, lr=0.2)
    pause = applied(queued_job, "pause", 7)
    checkpoint_at(queued_job, 5)
    assert commands_to_repeat(queued_job) == [pause, late]
    assert not was_paused(queued_job)


def test_a_wish_is_void_also_where_the_checkpoint_holds_the_newer_one(queued_job: Job) -> None:
    applied(queued_job, "set_eval_every", 8, steps=50)
    applied(queued_job, "set_eval_every", 4, steps=10)
    checkpoint_at(queued_job, 6)
    assert commands_to_repeat(queued_job) == []


def test_a_pause_that_a_resumption_had_made_void_does_not_hold_the_job(queued_job: Job) -> None:
    applied(queued_job, "pause", 50)
    applied(queued_job, "pause", 35)
    applied(queued_job, "resume", 35)
    checkpoint_at(queued_job, 80)
    assert not was_paused(queued_job)


def test_a_job_that_was_paused_at_its_checkpoint_is_so_again(queued_job: Job) -> None:
    applied(queued_job, "pause", 5)
    applied(queued_job, "resume", 5)
    applied(queued_job, "pause", 5)
    checkpoint_at(queued_job, 5)
    assert was_paused(queued_job)
    assert commands_to_repeat(queued_job) == []
