"""How a job goes beside its losses: measured while it trains, stored, read again."""

import time
from types import SimpleNamespace

import pytest
import torch

from acc.training.clock import StepClock
from tests.setup.services import wait_until
from tests.trainer.worker.steered import running
from trainer.models import FigureSegment, Job
from trainer.selectors.figures import FIGURES, job_figures
from trainer.services.commands import job_stop
from trainer.services.figures import SEGMENT_SAMPLES, figures_store
from trainer.services.job_start import job_start
from trainer.services.jobs import FenceLostError, job_claim
from trainer.worker import meter
from trainer.worker.meter import Meter

pytestmark = pytest.mark.django_db(transaction=True)


def claimed(queued_job):
    job = job_claim(queued_job.pk, worker="here:1:1")
    assert job is not None
    return job


def test_a_sample_says_the_pace_where_the_time_went_and_what_is_left(queued_job, monkeypatch):
    now = [100.0]
    wall = SimpleNamespace(monotonic=lambda: now[0], time=time.time)
    monkeypatch.setattr(meter, "time", wall)
    job, clock, steps = claimed(queued_job), StepClock(), [0]
    measured = Meter(job)
    measured.look()  # before there is a loop
    measured.follow(clock, lambda: steps[0], torch.device("cpu"))
    now[0] += meter.SAMPLE_SECONDS / 2
    measured.look()  # too soon
    assert job_figures(job)["step"] == []
    now[0] = 104.0
    steps[0], clock.data, clock.steps = 6, 1.0, 3.0
    measured.look()
    columns = job_figures(job)
    assert columns["step"] == [6]
    assert columns["steps_per_second"] == [pytest.approx(1.5)]
    assert columns["data_share"] == [pytest.approx(0.25)]
    assert columns["compute_share"] == [pytest.approx(0.5)]
    assert columns["waiting_share"] == [pytest.approx(0.25)]
    assert columns["eta_seconds"] == [pytest.approx(4.0)]  # six of twelve steps
    assert columns["process_bytes"][0] > 1e7
    assert columns["device_busy"] == [None]  # no GPU, no figure


def test_a_training_job_leaves_figures(experiment, valkey, monkeypatch):
    monkeypatch.setattr(meter, "SAMPLE_SECONDS", 0.0)
    job = job_start(experiment=experiment, steps=100_000, batch_size=16)
    with running(job):
        wait_until(lambda: any(job_figures(job)["step"]), "a figure of a step")
        job_stop(job=job)
    columns = job_figures(job)
    at = next(place for place, step in enumerate(columns["step"]) if step)
    for name in ("data", "compute"):
        assert 0 < columns[f"{name}_share"][at] < 1
    assert 0 <= columns["waiting_share"][at] < 1


def test_samples_are_packed_and_a_long_job_is_thinned(queued_job):
    job = claimed(queued_job)
    for second in range(SEGMENT_SAMPLES + 20):
        figures_store(job=job, at=second, step=second, figures={"process_cpu": second})
    assert FigureSegment.objects.filter(job=job).count() == 2
    whole = job_figures(job, after=0.5)
    assert whole["step"] == list(range(1, SEGMENT_SAMPLES + 20))
    few = job_figures(job, max_points=10)
    assert len(few["step"]) == 10
    assert few["process_cpu"][0] == pytest.approx(sum(range(1, 33)) / 32)
    assert few["data_share"] == [None] * 10
    assert set(few) == {"job", "at", "step", *FIGURES}


def test_a_worker_that_lost_the_job_leaves_no_figures(queued_job):
    job = claimed(queued_job)
    Job.objects.update(fence=job.fence + 1)
    with pytest.raises(FenceLostError):
        figures_store(job=job, at=1.0, step=1, figures={})
