"""A checkpoint that is asked for: written between two steps, once, and worth what it says."""

from collections.abc import Callable, Iterator

import pytest

from tests.setup.waiting import wait_until
from tests.trainer.worker.steered import (
    answered,
    applied,
    running,
    state_of,
    steps_of,
    take_up_again,
    weights,
)
from trainer.models import Checkpoint, Experiment, Job, JobCommand
from trainer.selectors.losses import loss_points
from trainer.services.cards import card_remove
from trainer.services.checkpoint_files import checkpoint_directory
from trainer.services.checkpoint_tree import (
    checkpoint_delete,
    checkpoint_rename,
    checkpoint_save,
)
from trainer.services.checkpoints import checkpoint_take
from trainer.services.commands import command_send, command_wait
from trainer.services.job_start import job_start
from trainer.services.jobs import job_take_from_silent
from trainer.worker.checkpoint_store import checkpoint_read
from trainer.worker.run import job_run

pytestmark = [pytest.mark.portable, pytest.mark.usefixtures("valkey")]


@pytest.fixture
def paused_job(queued_job: Job) -> Iterator[Job]:
    """A job that its worker holds, paused at step 5; it goes on to its end afterwards."""
    applied(queued_job, "pause", 5)
    with running(queued_job):
        wait_until(lambda: state_of(queued_job) == Job.State.PAUSED, "paused")
        yield queued_job
        if state_of(queued_job) == Job.State.PAUSED:
            command_send(job=queued_job, kind="resume")


def saved(job: Job) -> list[Checkpoint]:
    """Return the checkpoints that somebody asked for, in order."""
    return list(Checkpoint.objects.filter(job=job, kind=Checkpoint.Kind.MANUAL).order_by("pk"))


def ask(job: Job, tag: str = "") -> JobCommand:
    """Ask for a checkpoint of a job that may still wait for its worker."""
    return command_send(job=job, kind="save_checkpoint", payload={"tag": tag}, by="ada")


def test_a_state_grows_from_what_is_there_when_it_is_stored(paused_job: Job) -> None:
    experiment = paused_job.experiment
    first = checkpoint_save(experiment=experiment)
    looked_at = checkpoint_take(job=paused_job, kind=Checkpoint.Kind.EVAL)
    assert looked_at.parent == first
    checkpoint_delete(checkpoint=first)
    second = checkpoint_save(experiment=experiment)
    assert second.parent is None
    named = checkpoint_take(job=paused_job, kind=Checkpoint.Kind.EVAL)
    checkpoint_rename(checkpoint=named, tag="kept")
    assert checkpoint_save(experiment=experiment).parent == named


def test_a_running_job_saves_its_state_between_two_steps_and_tells_of_it(queued_job: Job) -> None:
    command = ask(queued_job, "before the change")
    job_run(queued_job.pk)
    (checkpoint,) = saved(queued_job)
    event = queued_job.events.get(kind="save_checkpoint")
    assert (event.detail, event.by) == (
        {"checkpoint": checkpoint.pk, "tag": "before the change"},
        "ada",
    )
    command.refresh_from_db()
    assert command.applied_step == event.step == checkpoint.job_step
    assert checkpoint_read(checkpoint).meta["step"] == checkpoint.job_step
    assert checkpoint.tag == "before the change"


def test_saving_changes_no_number_of_the_curve(queued_job: Job, experiment: Experiment) -> None:
    ask(queued_job)
    job_run(queued_job.pk)
    Experiment.objects.update(current_checkpoint=None)
    experiment.refresh_from_db()
    calm = job_start(experiment=experiment, steps=12, batch_size=16, seed=5)
    job_run(calm.pk)
    assert list(loss_points(queued_job)) == list(loss_points(calm))


def test_each_request_at_one_step_gets_its_own_checkpoint(paused_job: Job) -> None:
    first = checkpoint_save(experiment=paused_job.experiment, tag="one")
    second = checkpoint_save(experiment=paused_job.experiment, tag="two")
    assert [(row.tag, row.job_step) for row in saved(paused_job)] == [("one", 5), ("two", 5)]
    assert second.parent == first


def test_after_a_crash_a_checkpoint_is_not_written_again(
    queued_job: Job, shut_down: Callable[[], None]
) -> None:
    applied(queued_job, "pause", 5)
    with running(queued_job):
        wait_until(lambda: state_of(queued_job) == Job.State.PAUSED, "paused")
        checkpoint_save(experiment=queued_job.experiment)
        shut_down()
    # Back before the request, as when every later checkpoint is lost.
    Job.objects.filter(pk=queued_job.pk).update(checkpoint=None)
    JobCommand.objects.filter(kind="pause").delete()
    take_up_again(queued_job)
    job_run(queued_job.pk)
    assert state_of(queued_job) == Job.State.COMPLETED
    assert len(saved(queued_job)) == 1
    assert queued_job.events.filter(kind="save_checkpoint").count() == 1


def test_what_was_changed_at_the_step_of_a_checkpoint_but_after_it_survives_a_crash(
    queued_job: Job,
) -> None:
    applied(queued_job, "pause", 5)
    with running(queued_job):
        wait_until(lambda: state_of(queued_job) == Job.State.PAUSED, "paused")
        checkpoint_save(experiment=queued_job.experiment)
        change = {"task": "kl", "weight": 0.75}
        command_wait(command_send(job=queued_job, kind="set_weight", payload=change), seconds=60)
        # As kill -9 leaves it: the worker writes nothing more.
        assert job_take_from_silent(Job.objects.get(pk=queued_job.pk), known_dead=True)
    take_up_again(queued_job)
    with running(queued_job):
        wait_until(lambda: state_of(queued_job) == Job.State.PAUSED, "paused again")
        command_send(job=queued_job, kind="resume")
    assert weights(queued_job, "kl") == [0.001] * 5 + [0.75] * 7


def test_a_task_that_left_right_after_a_checkpoint_has_left_after_a_crash_too(
    queued_job: Job,
) -> None:
    applied(queued_job, "pause", 5)
    with running(queued_job):
        wait_until(lambda: state_of(queued_job) == Job.State.PAUSED, "paused")
        checkpoint_save(experiment=queued_job.experiment)
        card_remove(card=queued_job.experiment.task_cards.get(name="digit"))
        command = JobCommand.objects.get(kind="remove_task")
        wait_until(lambda: answered(command), "removed")
        assert job_take_from_silent(Job.objects.get(pk=queued_job.pk), known_dead=True)
    take_up_again(queued_job)
    with running(queued_job):
        wait_until(lambda: state_of(queued_job) == Job.State.PAUSED, "paused again")
        command_send(job=queued_job, kind="resume")
    assert state_of(queued_job) == Job.State.COMPLETED
    assert steps_of(queued_job, "digit") == [1, 2, 3, 4, 5]
    assert steps_of(queued_job, "kl") == list(range(1, 13))


def test_a_disk_that_refuses_a_checkpoint_refuses_the_request_and_the_job_goes_on(
    queued_job: Job,
) -> None:
    command = ask(queued_job)
    directory = checkpoint_directory()
    name = f"small-job{queued_job.pk}-step0-manual-c{command.pk}-f1"
    # A directory where the file should go: the rename fails, as writing does on a full disk.
    (directory / f"{name}.json" / "in the way").mkdir(parents=True)
    job_run(queued_job.pk)
    command.refresh_from_db()
    assert command.state == JobCommand.State.REFUSED
    assert "the checkpoint could not be written" in command.reason
    assert state_of(queued_job) == Job.State.COMPLETED
