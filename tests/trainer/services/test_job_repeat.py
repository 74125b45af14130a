"""Running a job again or going on from it: what the new one is told, and when it cannot be."""

import pytest

from tests.trainer.rows import experiment_make, job_make, job_run_begin
from trainer.models import Checkpoint, Job
from trainer.services.checkpoint_drop import checkpoints_drop
from trainer.services.commands import command_applied, command_refused, command_send
from trainer.services.job_start import job_continue, job_repeat
from trainer.services.jobs import JobConflict, JobRefused, job_end

pytestmark = pytest.mark.portable


def answered(job, kind, step, *, refused=False, **payload):
    """Ask something of a held job and answer it, as a worker does."""
    command = command_send(job=job, kind=kind, payload=payload, by="ann", why="to see")
    command.job = job
    if refused:
        command_refused(command=command, step=step, reason="no")
    else:
        command_applied(command=command, step=step, detail=payload)


@pytest.fixture
def ended(running):
    """A job at its end of which several things were asked."""
    answered(running, "set_weight", 30, task="recon", weight=0.5)
    answered(running, "set_weight", 40, refused=True, task="recon", weight=0.0)
    answered(running, "pause", 50)
    answered(running, "resume", 50)
    answered(running, "set_lr", 20, lr=0.1)  # after a crash, at a step that had been done before
    answered(running, "stop", 60)
    job_end(running, state=Job.State.STOPPED, step=60)
    return Job.objects.get(pk=running.pk)


def test_a_repetition_is_told_of_what_took_effect_at_its_steps_in_order(ended):
    again = job_repeat(job=ended, by="bob")
    told = again.commands.order_by("pk")
    assert [(command.kind, command.due_step) for command in told] == [
        ("set_lr", 20),
        ("set_weight", 30),
        ("stop", 60),
    ]
    assert {(command.state, command.by, command.why) for command in told} == {
        ("pending", "ann", "to see")
    }
    same = ("total_steps", "lr", "probe_lr", "batch_size", "schedule", "seed", "plan")
    assert [getattr(again, name) for name in same] == [getattr(ended, name) for name in same]
    assert (again.state, again.created_by, again.repeats) == ("queued", "bob", ended)
    assert again.events.get().detail == {"repeats": ended.pk}


def test_a_repetition_starts_where_its_job_started(ended):
    ended.experiment.refresh_from_db()
    assert job_repeat(job=ended).start_checkpoint == ended.start_checkpoint


@pytest.mark.parametrize(
    ("start", "refusal", "sentence"),
    [
        (job_repeat, JobConflict, "began with is deleted"),
        (job_continue, JobRefused, "left no checkpoint"),
    ],
)
def test_a_state_that_was_deleted_a_moment_ago_is_no_start(ended, start, refusal, sentence):
    state = Checkpoint.objects.create(
        experiment=ended.experiment, kind="final", step=60, file_name="a", size_bytes=1
    )
    Job.objects.filter(pk=ended.pk).update(start_checkpoint=state, checkpoint=state)
    seen_before = Job.objects.get(pk=ended.pk)
    checkpoints_drop([state])
    with pytest.raises(refusal, match=sentence):
        start(job=seen_before)
    assert not Job.objects.filter(state=Job.State.QUEUED).exists()


@pytest.mark.parametrize(("state", "steps"), [("stopped", 40), ("failed", 40), ("completed", 100)])
def test_what_goes_on_from_a_job_does_the_steps_that_it_left(ended, state, steps):
    reached = Checkpoint.objects.create(
        experiment=ended.experiment,
        kind="final",
        step=460,
        job_step=60,
        file_name="a",
        size_bytes=1,
    )
    Job.objects.filter(pk=ended.pk).update(checkpoint=reached, state=state, total_steps=100)
    following = job_continue(job=Job.objects.get(pk=ended.pk))
    assert (following.start_checkpoint, following.total_steps) == (reached, steps)


def test_a_job_in_progress_is_not_repeated(running):
    with pytest.raises(JobConflict, match="is running; only a job at its end can be repeated"):
        job_repeat(job=running)


def test_a_repetition_takes_the_experiments_only_place(ended):
    job_make(ended.experiment)
    with pytest.raises(JobConflict, match="is queued; stop it"):
        job_repeat(job=ended)


@pytest.mark.django_db
def test_a_repetition_that_is_repeated_is_told_what_it_went_through():
    first = job_run_begin(experiment_make())
    answered(first, "set_weight", 3, task="recon", weight=0.5)
    job_end(first, state=Job.State.COMPLETED, step=100)
    first.refresh_from_db()
    second = job_repeat(job=first)
    command = second.commands.get()
    assert (command.due_step, command.applied_step) == (3, None)
