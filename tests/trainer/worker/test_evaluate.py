"""Evaluations: which state, which code, which tasks, and what is stored of them."""

import io
import math

import numpy as np
import pytest
import torch
from PIL import Image

from tests.setup.waiting import wait_until
from tests.trainer.worker.conftest import task_attach_now
from tests.trainer.worker.steered import applied, running, scheduled, state_of
from tests.trainer.worker.test_stored_source import TEXT, save
from trainer.models import (
    Call,
    Checkpoint,
    EvalPictures,
    EvalRun,
    Experiment,
    Job,
    Source,
    TaskCard,
)
from trainer.selectors.checkpoints import checkpoint_as_dict
from trainer.selectors.eval_curves import eval_pictures
from trainer.selectors.evals import eval_as_dict, evals_of
from trainer.selectors.reconstructions import picture_read
from trainer.services.calls import call_send
from trainer.services.checkpoint_drop import LOOKED_AT_KEPT
from trainer.services.checkpoints import checkpoint_take
from trainer.services.commands import command_send
from trainer.services.eval_pictures import SheetFact
from trainer.services.evals import EvalOutcome, eval_send, eval_store
from trainer.services.job_start import job_start
from trainer.services.picture_files import picture_keep
from trainer.worker.answer import call_answer
from trainer.worker.build import DatasetShelf
from trainer.worker.checkpoint_store import checkpoint_read
from trainer.worker.evaluate import eval_run
from trainer.worker.run import job_run
from trainer.worker.snapshot import snapshot_asked, snapshot_load

pytestmark = [pytest.mark.portable, pytest.mark.usefixtures("valkey")]


@pytest.fixture(autouse=True)
def _own_room(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


NOW = {"experiment": "small", "checkpoint": None, "by": "ada", "call": 0}
MEASURE = TEXT.replace("return {}", 'return {"answer": VALUE, "accuracy": 0.4}')


def constant_attach() -> None:
    task_attach_now(name="constant", class_name="ConstantTask", latent_slice=[0, 4])


def test_a_finished_job_is_evaluated_from_its_last_checkpoint(queued_job: Job) -> None:
    job_run(queued_job.pk)
    answer = eval_run(NOW)
    final = Checkpoint.objects.get()
    assert (answer["step"], answer["checkpoint_id"], answer["by"]) == (12, final.pk, "ada")
    assert {task: set(found) for task, found in answer["results"].items()} == {
        "recon": {"l1", "psnr", "ssim"},
        "kl": {"kl", "active_fraction"},
        "digit": {"accuracy"},
    }
    assert answer["errors"] == {}
    run = EvalRun.objects.get(pk=answer["id"])
    assert eval_as_dict(run) == answer
    psnr = run.results.get(metric="psnr")
    assert (psnr.good, psnr.poor, psnr.unit) == (20.0, 12.0, "dB")
    assert checkpoint_as_dict(Checkpoint.objects.get())["metrics"] == answer["results"]


def test_a_task_without_a_metric_is_among_the_results(experiment: Experiment) -> None:
    save(TEXT.replace("VALUE", "1.0"))
    constant_attach()
    answer = eval_run(NOW)
    assert (answer["results"]["constant"], answer["errors"]) == ({}, {})


def test_one_state_gives_the_same_numbers_each_time(queued_job: Job) -> None:
    job_run(queued_job.pk)
    torch.manual_seed(99)
    assert eval_run(NOW)["results"] == eval_run(NOW)["results"]


def test_heads_are_those_that_the_job_trained(queued_job: Job) -> None:
    job_run(queued_job.pk)
    checkpoint = Checkpoint.objects.get()
    snapshot = snapshot_load(Experiment.objects.get(), checkpoint)
    tasks = snapshot.tasks(DatasetShelf()).tasks
    trained = checkpoint_read(checkpoint).tensors["head:digit/weight"]
    (head,) = (task.head for task in tasks if task.name == "digit")
    assert head is not None
    assert torch.equal(head.state_dict()["weight"], trained)


def test_an_untrained_model_is_evaluated_as_it_would_begin(experiment: Experiment) -> None:
    first = eval_run(NOW)
    assert (first["step"], first["checkpoint_id"], first["job_id"]) == (0, None, None)
    assert first["results"]["recon"]["psnr"] > 0
    assert eval_run(NOW)["results"] == first["results"]


@pytest.mark.parametrize("kind", [Call.Kind.EVAL_RUN, Call.Kind.PICTURES, Call.Kind.LATENT])
def test_a_state_that_was_deleted_since_it_was_asked_about_is_told_to_be(
    experiment: Experiment, kind: str
) -> None:
    gone = {"experiment": "small", "checkpoint": 999, "by": "ada"}
    call = call_send(kind=kind, payload=gone)
    call_answer(call.pk)
    call.refresh_from_db()
    assert (call.state, call.error) == (Call.State.REFUSED, "checkpoint 999 is deleted")


def test_a_held_job_is_evaluated_as_it_is_at_this_step(queued_job: Job) -> None:
    applied(queued_job, "pause", 5)
    with running(queued_job):
        wait_until(lambda: state_of(queued_job) == Job.State.PAUSED, "paused")
        answer = eval_run(NOW)
        again = eval_run(NOW)
        kind = Checkpoint.objects.get(pk=answer["checkpoint_id"]).kind
        command_send(job=queued_job, kind="resume")
    assert (answer["step"], answer["job_id"]) == (5, queued_job.pk)
    assert kind == Checkpoint.Kind.EVAL
    told = queued_job.events.get(kind="save_checkpoint")
    assert (told.why, told.by) == ("to be evaluated", "ada")
    # Nothing was trained in between: one file is enough.
    assert again["checkpoint_id"] == answer["checkpoint_id"]
    assert again["results"] == answer["results"]


def test_the_states_that_somebody_looked_at_outlast_the_job_and_only_the_newest_few_stay(
    queued_job: Job,
) -> None:
    kind = Checkpoint.Kind.EVAL
    call = Call.objects.create(kind=Call.Kind.EVAL_RUN, payload=NOW, state=Call.State.RUNNING)
    applied(queued_job, "pause", 5)
    with running(queued_job):
        wait_until(lambda: state_of(queued_job) == Job.State.PAUSED, "paused")
        snapshot = snapshot_asked(queued_job.experiment, NOW | {"call": call.pk}, fresh=True)
        assert snapshot.checkpoint is not None
        queued_job.refresh_from_db()
        later = [checkpoint_take(job=queued_job, kind=kind).pk for _ in range(LOOKED_AT_KEPT + 1)]
        command_send(job=queued_job, kind="resume")
    # The job's last state is stored before the first look is: that one is still under way.
    left = Checkpoint.objects.filter(kind=kind).order_by("pk")
    assert [row.pk for row in left] == [snapshot.checkpoint.pk, *later[1:]]
    outcome = EvalOutcome(step=5, checkpoint=snapshot.checkpoint, metrics=[])
    run = eval_store(experiment=queued_job.experiment, outcome=outcome, by="ada")
    assert run.checkpoint == snapshot.checkpoint
    Call.objects.update(state=Call.State.DONE)
    eval_store(experiment=queued_job.experiment, outcome=outcome, by="ada")
    assert [row.pk for row in left.all()] == later[1:]


def test_a_head_that_no_job_has_trained_yet_is_said_to_be_untrained(queued_job: Job) -> None:
    assert eval_run(NOW)["untrained"] == ["digit"]  # the others have no head
    job_run(queued_job.pk)
    assert eval_run(NOW)["untrained"] == []
    task_attach_now(name="later", class_name="ClassificationTask", latent_slice=[0, 4])
    assert eval_run(NOW)["untrained"] == ["later"]


def test_the_same_images_are_kept_at_each_evaluation_in_one_file(queued_job: Job) -> None:
    eval_run(NOW)
    job_run(queued_job.pk)
    eval_run(NOW)
    first, last = EvalPictures.objects.order_by("pk")
    sheets = []
    for row in (first, last):
        png = picture_read(row.sheet)
        assert png is not None
        sheets.append(np.asarray(Image.open(io.BytesIO(png))))
        assert len(row.psnr) == 8
    assert sheets[0].shape == (3 * 34 - 2, 8 * 34 - 2, 4)
    # The row of originals is the same, that of reconstructions another one.
    assert np.array_equal(sheets[0][:32], sheets[1][:32])
    assert not np.array_equal(sheets[0][34:66], sheets[1][34:66])
    (shown,) = eval_pictures(queued_job)
    assert (shown["step"], shown["dataset"]) == (12, "digits")


def test_pictures_of_a_job_are_thinned_evenly_between_the_first_and_the_newest(
    queued_job: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("trainer.services.eval_pictures.SHEETS_KEPT", 5)
    for step in range(0, 90, 10):
        outcome = EvalOutcome(
            step=step,
            checkpoint=None,
            metrics=[],
            sheets=[SheetFact("digits", picture_keep(str(step).encode()), [1.0])],
        )
        eval_store(experiment=queued_job.experiment, outcome=outcome)
    left = [row.run.step for row in EvalPictures.objects.order_by("pk")]
    assert left == [0, 20, 40, 60, 80]


def test_disabled_tasks_are_left_out(queued_job: Job) -> None:
    job_run(queued_job.pk)
    TaskCard.objects.filter(name="kl").update(enabled=False)
    assert list(eval_run(NOW)["results"]) == ["recon", "digit"]


def test_without_an_enabled_task_there_is_nothing_to_measure(experiment: Experiment) -> None:
    TaskCard.objects.update(enabled=False)
    call = eval_send(experiment=experiment, by="ada")
    call_answer(call.pk)
    call.refresh_from_db()
    assert call.state == Call.State.REFUSED
    assert call.error == (
        "no task is enabled in experiment 'small', so there is nothing to measure; add or enable "
        "one first"
    )
    assert not EvalRun.objects.exists()


def test_a_job_is_evaluated_with_the_code_it_ran_and_a_later_task_with_its_own(
    experiment: Experiment,
) -> None:
    save(MEASURE.replace("VALUE", "1.0"))
    constant_attach()
    job_run(job_start(experiment=experiment, steps=2, batch_size=8).pk)
    save(MEASURE.replace("VALUE", "2.0"))
    assert eval_run(NOW)["results"]["constant"] == {"answer": 1.0, "accuracy": 0.4}
    job_run(job_start(experiment=Experiment.objects.get(), steps=2, batch_size=8).pk)
    assert eval_run(NOW)["results"]["constant"]["answer"] == 2.0


def test_a_class_that_the_job_did_not_know_is_taken_as_it_is_now(queued_job: Job) -> None:
    job_run(queued_job.pk)
    save(MEASURE.replace("VALUE", "float('nan')"))
    constant_attach()
    answer = eval_run(NOW)
    assert answer["results"]["constant"] == {"answer": None, "accuracy": 0.4}
    assert answer["nonfinite"] == {"constant": {"answer": "nan"}}
    row = EvalRun.objects.get(pk=answer["id"]).results.get(metric="accuracy", task_name="constant")
    assert (row.good, row.poor) == (0.9, 0.5)


def test_a_task_that_cannot_be_built_says_why_and_the_others_are_measured(
    experiment: Experiment,
) -> None:
    save(MEASURE.replace("VALUE", "1.0"))
    constant_attach()
    job = job_start(experiment=experiment, steps=2, batch_size=8)
    job_run(job.pk)
    (ref,) = (ref for ref in job.plan["sources"] if ref["class_name"] == "ConstantTask")
    Source.objects.filter(pk=ref["sha256"]).update(text="raise RuntimeError('gone')")
    answer = eval_run(NOW)
    told = "task 'constant' cannot be made: its class ConstantTask does not load"
    assert answer["errors"] == {"constant": f"{told}: RuntimeError: gone"}
    assert math.isfinite(answer["results"]["recon"]["psnr"])


@pytest.mark.parametrize("end", ["completed", "stopped"])
def test_a_job_is_evaluated_when_it_ends(queued_job: Job, end: str) -> None:
    if end == "stopped":
        scheduled(queued_job, "stop", 5)
    job_run(queued_job.pk)
    call = Call.objects.get(kind=Call.Kind.EVAL_RUN)
    call_answer(call.pk)
    call.refresh_from_db()
    assert (call.state, call.error) == (Call.State.DONE, "")
    (run,) = evals_of(Experiment.objects.get(), limit=5)
    assert (run.job, run.checkpoint, run.by) == (queued_job, Checkpoint.objects.get(), "")


def test_a_job_that_failed_is_not_evaluated(queued_job: Job) -> None:
    queued_job.plan["tasks"][2]["latent_slice"] = [4, 40]
    queued_job.save()
    job_run(queued_job.pk)
    assert not Call.objects.filter(kind=Call.Kind.EVAL_RUN).exists()


def test_two_clicks_are_one_evaluation(experiment: Experiment) -> None:
    first = eval_send(experiment=experiment, by="ada")
    assert eval_send(experiment=experiment, by="bob") == first
    call_answer(first.pk)
    assert eval_send(experiment=experiment, by="bob") != first


def test_a_damaged_checkpoint_is_refused_in_a_sentence(queued_job: Job) -> None:
    job_run(queued_job.pk)
    Checkpoint.objects.update(sha256="0" * 64)
    call = Call.objects.get(kind=Call.Kind.EVAL_RUN)
    call_answer(call.pk)
    call.refresh_from_db()
    assert call.state == Call.State.REFUSED
    assert "are not the ones that were written" in call.error
    assert not EvalRun.objects.exists()
