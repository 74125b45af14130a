"""A job that is evaluated while it trains: when, from which states, and what is left of those."""

import pytest

from tests.setup.waiting import wait_until
from tests.trainer.worker.steered import (
    answered,
    applied,
    curve,
    running,
    state_of,
    take_up_again,
    weights,
)
from trainer.live.event_words import event_words
from trainer.models import Call, Checkpoint, EvalRun, Experiment, Job
from trainer.selectors.events import story_of
from trainer.services.checkpoint_files import checkpoint_directory
from trainer.services.checkpoint_tree import checkpoints_keep
from trainer.services.commands import command_send, job_set_eval_every
from trainer.services.job_start import job_repeat, job_start
from trainer.services.jobs import JobRefused, job_take_from_silent
from trainer.worker.answer import call_answer
from trainer.worker.run import job_run

pytestmark = [pytest.mark.portable, pytest.mark.usefixtures("valkey")]


@pytest.fixture(autouse=True)
def _own_room(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


def start(experiment: Experiment, eval_every: int = 0) -> Job:
    """Queue a job of twelve steps."""
    return job_start(experiment=experiment, steps=12, batch_size=16, seed=5, eval_every=eval_every)


def answer_all() -> None:
    """Answer what was asked of the trainer side, in order, as the eval worker does."""
    for call in Call.objects.filter(state=Call.State.PENDING).order_by("pk"):
        call_answer(call.pk)


def words(job: Job) -> list[str]:
    """Return what happened to a job, in words."""
    return [happening.words for happening in story_of(job)]


def test_evaluations_on_the_way_change_no_number_of_the_curve(experiment: Experiment) -> None:
    calm = start(experiment)
    job_run(calm.pk)
    Experiment.objects.update(current_checkpoint=None)
    watched = start(Experiment.objects.get(), eval_every=3)
    job_run(watched.pk)
    assert curve(watched) == curve(calm)


def test_one_evaluation_waits_at_most_and_those_left_out_are_told(experiment: Experiment) -> None:
    job = start(experiment, eval_every=4)
    job_run(job.pk)  # nobody answers meanwhile, so that the one of step 4 waits to the end
    answer_all()
    steps = list(EvalRun.objects.order_by("pk").values_list("step", flat=True))
    assert steps == [4, 12]
    assert "evaluation at step 8 skipped: one was waiting already" in words(job)


def test_what_took_effect_at_an_evaluated_step_is_in_its_state_after_a_crash_too(
    experiment: Experiment,
) -> None:
    job = start(experiment, eval_every=4)
    applied(job, "set_weight", 4, task="kl", weight=0.75)
    applied(job, "pause", 5)
    with running(job):
        wait_until(lambda: state_of(job) == Job.State.PAUSED, "paused")
        wait_until(lambda: Checkpoint.objects.filter(job_step=4).exists(), "the state of step 4")
        assert job_take_from_silent(Job.objects.get(pk=job.pk), known_dead=True)
    take_up_again(job)
    with running(job):
        wait_until(lambda: state_of(job) == Job.State.PAUSED, "paused again")
        command_send(job=job, kind="resume")
    assert weights(job, "kl") == [0.001] * 4 + [0.75] * 8


def test_several_in_a_row_that_are_left_out_are_one_entry() -> None:
    detail = {"count": 3, "first": 100, "last": 1100}
    said = event_words("evals_skipped", detail)
    assert said == "3 evaluations skipped, steps 100 to 1,100: one was waiting already"


def test_a_state_that_was_only_evaluated_goes_when_nothing_needs_it(experiment: Experiment) -> None:
    job = start(experiment, eval_every=4)
    job_run(job.pk)
    (seen,) = Checkpoint.objects.filter(kind=Checkpoint.Kind.EVAL)
    answer_all()
    final = Checkpoint.objects.get()
    assert final.kind == Checkpoint.Kind.FINAL
    assert final.parent is None
    assert not (checkpoint_directory() / seen.file_name).exists()
    # What was measured of it stays.
    assert EvalRun.objects.get(step=4).results.exists()
    assert EvalRun.objects.get(step=4).job == job


def test_a_state_that_was_evaluated_stays_where_a_job_began_or_where_it_has_a_name(
    experiment: Experiment,
) -> None:
    job_run(start(experiment, eval_every=5).pk)
    (seen,) = Checkpoint.objects.filter(kind=Checkpoint.Kind.EVAL)
    Experiment.objects.update(current_checkpoint=seen)
    later = start(Experiment.objects.get())
    job_run(later.pk)
    answer_all()
    assert Checkpoint.objects.filter(pk=seen.pk).exists()
    later.refresh_from_db()
    assert job_repeat(job=later).start_checkpoint == seen


def test_a_wish_during_a_replay_outlives_the_older_one_that_is_replayed(queued_job: Job) -> None:
    applied(queued_job, "set_eval_every", 8, steps=50)
    newer = command_send(job=queued_job, kind="set_eval_every", payload={"steps": 10})
    job_run(queued_job.pk)
    newer.refresh_from_db()
    assert (newer.state, newer.applied_step) == ("applied", 0)
    assert Job.objects.get(pk=queued_job.pk).eval_every == 10


def test_so_it_does_where_that_replay_is_replayed(queued_job: Job) -> None:
    applied(queued_job, "set_eval_every", 8, steps=50)
    applied(queued_job, "set_eval_every", 4, steps=10)
    job_run(queued_job.pk)
    assert Job.objects.get(pk=queued_job.pk).eval_every == 10


def test_the_best_of_the_states_that_were_evaluated_are_kept_on_request(
    experiment: Experiment,
) -> None:
    job_run(start(experiment).pk)
    answer_all()
    checkpoints_keep(experiment=experiment, last=None, best=2, metric="recon/psnr")
    job_run(start(Experiment.objects.get(), eval_every=6).pk)
    answer_all()
    assert Checkpoint.objects.filter(kind=Checkpoint.Kind.EVAL).count() == 1


def test_how_often_is_changed_on_a_job_and_holds_after_a_crash(queued_job: Job) -> None:
    applied(queued_job, "pause", 5)
    with running(queued_job):
        wait_until(lambda: state_of(queued_job) == Job.State.PAUSED, "paused")
        command = job_set_eval_every(job=queued_job, steps=4, by="ada")
        wait_until(lambda: answered(command), "changed")
        command_send(job=queued_job, kind="resume")
    queued_job.refresh_from_db()
    assert queued_job.eval_every == 4
    assert "evaluated every 4 steps, not only at the end" in words(queued_job)
    answer_all()
    assert [run.step for run in EvalRun.objects.order_by("pk")] == [8, 12]


def test_a_number_out_of_range_is_refused_in_a_sentence(queued_job: Job) -> None:
    with pytest.raises(JobRefused, match="must be a whole number from 0 to 1,000,000,000"):
        job_set_eval_every(job=queued_job, steps=-1)


def test_a_state_that_goes_while_it_is_looked_at_keeps_its_numbers_and_pictures(
    queued_job: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    job_run(queued_job.pk)
    final = Checkpoint.objects.get()
    Experiment.objects.update(current_checkpoint=None)
    Call.objects.filter(kind=Call.Kind.PICTURES).delete()

    def gone(*_: object) -> None:
        Checkpoint.objects.filter(pk=final.pk).delete()

    # As the job's next checkpoint does, in the very moment between reading and storing.
    monkeypatch.setattr("trainer.worker.evaluate.call_doing", gone)
    call_answer(Call.objects.get(kind=Call.Kind.EVAL_RUN).pk)
    run = EvalRun.objects.get()
    assert (run.step, run.checkpoint, run.job) == (12, None, queued_job)
