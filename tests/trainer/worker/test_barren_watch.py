"""Steps that change nothing: told once they last, while they do, and where the job ends so."""

import math

import numpy as np
import pytest

from acc.tasks.kl_divergence import KLDivergenceTask
from tests.setup.waiting import wait_until
from tests.trainer.worker.steered import running as trained
from trainer.models import Job, TaskCard
from trainer.selectors.jobs import job_events
from trainer.selectors.loss_runs import LossRun
from trainer.selectors.warnings import job_warnings
from trainer.services.cards import card_toggle
from trainer.services.commands import job_stop
from trainer.services.job_start import job_start
from trainer.services.losses import losses_append, losses_rewind
from trainer.worker.barren_watch import LASTING_STEPS, BarrenWatch
from trainer.worker.run import job_run

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.portable]

NAN = math.nan


class Bench:
    """A running job of two tasks whose losses and steps are what the test says."""

    def __init__(self, job, *, last_step=0, weights=(1.0, 0.5)):
        self.job, self.step, self.weights = job, last_step, weights
        self.watch = BarrenWatch(job, last_step=last_step)

    def train(self, count, *, recon=0.3, digit=0.3, barren=None, alone=None):
        """Do steps of such losses; barren by default where one that counts is not finite."""
        row = np.asarray([recon, digit, recon + digit], dtype=np.float32)
        values_ST = np.tile(row, (count, 1))
        present_ST = None
        if alone is not None:
            present_ST = np.tile(np.arange(2) == alone, (count, 1))
        if barren is None:
            barren = not np.isfinite([recon, digit]).all()
        run = LossRun(self.step + 1, ("recon", "digit"), self.weights, values_ST, present_ST)
        losses_append(job=self.job, run=run)
        self.step += count
        self.watch.add(run, np.full(count, barren))
        self.watch.write()


def told(job):
    return [
        (event["kind"], event["step"], event["detail"]["task"], event["detail"]["since"])
        for event in job_events(job)
        if event["kind"].startswith("barren")
    ]


def words(job):
    return [event["words"] for event in job_events(job) if event["kind"].startswith("barren")]


def warned(job):
    return [warning.words for warning in job_warnings(Job.objects.get(pk=job.pk))]


def test_a_task_without_a_finite_loss_is_named_while_no_step_changes_the_model(running):
    bench = Bench(running)
    bench.train(5)
    bench.train(LASTING_STEPS - 1, digit=NAN)
    assert warned(running) == []
    bench.train(1, digit=NAN)
    bench.train(100, digit=NAN)
    (warning,) = job_warnings(running)
    assert warning.words == (
        f"Task 'digit' of job {running.pk} has had no finite loss since step 6: "
        "no step changes the model."
    )
    assert (warning.key, warning.level) == (f"barren-loss-{running.pk}", "critical")
    assert "Disable such a task" in warning.advice
    bench.train(1)
    assert warned(running) == []
    assert told(running) == [("barren", 25, "digit", 6), ("barren_over", 126, "digit", 6)]
    assert words(running) == [
        "digit has had no finite loss since step 6: no step changes the model",
        "over: digit had no finite loss since step 6",
    ]


def test_a_bad_batch_now_and_then_is_no_trouble_that_lasts(running):
    bench = Bench(running)
    for _ in range(10):
        bench.train(LASTING_STEPS - 1, digit=math.inf)
        bench.train(1)
    bench.watch.tell_end(bench.step)
    assert told(running) == []


def test_several_tasks_are_named_together(running):
    Bench(running).train(30, recon=NAN, digit=NAN)
    (said,) = warned(running)
    assert said.startswith(f"Tasks 'recon', 'digit' of job {running.pk} have had no finite loss")


def test_a_gradient_that_is_never_finite_is_told_though_no_task_can_be_named(running):
    bench = Bench(running)
    bench.train(30, barren=True)
    (said,) = warned(running)
    assert said.startswith(f"The sum of the losses of job {running.pk} has had no finite value or")
    bench.train(1)
    assert warned(running) == []


def test_in_turns_only_the_steps_of_such_a_task_are_told_to_change_nothing(running):
    Job.objects.update(schedule=Job.Schedule.ROUND_ROBIN)
    running.refresh_from_db()
    bench = Bench(running)
    for _ in range(LASTING_STEPS):
        bench.train(1, alone=0)
        bench.train(1, digit=NAN, alone=1)
    (warning,) = job_warnings(running)
    assert warning.words.endswith("no finite loss since step 2: its steps change nothing.")
    assert warning.level == "warning"


def test_a_task_that_is_taken_out_or_has_no_weight_any_more_is_no_trouble(running):
    bench = Bench(running)
    bench.train(30, digit=NAN)
    bench.weights = (1.0, 0.0)
    bench.train(30, digit=NAN, barren=False)
    assert [kind for kind, *_ in told(running)] == ["barren", "barren_over"]
    assert warned(running) == []


def test_a_loss_that_comes_and_goes_for_ever_is_told_ever_more_seldom(running):
    bench = Bench(running)
    for _ in range(200):
        bench.train(2 * LASTING_STEPS, digit=NAN)
        bench.train(1)
    assert 20 <= len(told(running)) <= 24
    bench.train(100 * LASTING_STEPS, digit=NAN)
    assert len(warned(running)) == 1


@pytest.mark.parametrize("checkpoint", [10, 33, 45, 60])
def test_a_replay_after_a_crash_tells_the_same_and_nothing_twice(running, checkpoint):
    losses = [0.3] * 15 + [NAN] * 40 + [0.3] * 10
    bench = Bench(running)
    for digit in losses:
        bench.train(1, digit=digit)
    first = told(running)
    assert [step for _, step, *_ in first] == [35, 56]
    losses_rewind(job=running, last_step=checkpoint)
    again = Bench(running, last_step=checkpoint)
    for digit in losses[checkpoint:]:
        again.train(1, digit=digit)
    assert told(running) == first


def test_a_job_that_ends_without_a_step_that_changed_the_model_says_so(experiment, monkeypatch):
    def no_number(_task, model_output, _batch):
        return sum(part.mean() for part in model_output.values()) * NAN

    monkeypatch.setattr(KLDivergenceTask, "compute_loss", no_number)
    job = job_start(experiment=experiment, steps=6, batch_size=16)
    job_run(job.pk)
    assert Job.objects.get(pk=job.pk).state == Job.State.COMPLETED
    assert told(job) == [("barren_end", 6, "kl", 1)]
    assert words(job) == [
        "at the end, kl had no finite loss since step 1: no step since then changed the model"
    ]


def test_the_warning_of_a_training_ends_when_the_task_is_disabled(experiment, monkeypatch):
    def no_number(_task, model_output, _batch):
        return sum(part.mean() for part in model_output.values()) * NAN

    monkeypatch.setattr(KLDivergenceTask, "compute_loss", no_number)
    job = job_start(experiment=experiment, steps=1_000_000, batch_size=16)
    with trained(job):
        wait_until(lambda: any("Task 'kl'" in said for said in warned(job)), "it is warned of")
        card_toggle(card=TaskCard.objects.get(name="kl"))
        wait_until(lambda: warned(job) == [], "the warning is gone")
        job_stop(job=job)
    assert [kind for kind, *_ in told(job)] == ["barren", "barren_over"]
