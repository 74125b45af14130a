"""How a job goes beside its losses: measured while it trains, stored, read again."""

import sys
import time
from dataclasses import dataclass, field
from types import SimpleNamespace

import pytest
import torch

from acc.training.clock import StepClock
from tests.setup.waiting import wait_until
from tests.trainer.worker.steered import running
from trainer.live.event_words import event_words
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


@dataclass
class Loop:
    """What a trainer shows of itself."""

    clock: StepClock = field(default_factory=StepClock)
    step_count: int = 0
    unfollowed_steps: int = 0


def test_a_sample_says_the_pace_where_the_time_went_and_what_is_left(queued_job, monkeypatch):
    now = [100.0]
    wall = SimpleNamespace(monotonic=lambda: now[0], time=time.time)
    monkeypatch.setattr(meter, "time", wall)
    job, loop = claimed(queued_job), Loop()
    measured = Meter(job)
    measured.look()  # before there is a loop
    measured.follow(loop, torch.device("cpu"))
    now[0] += meter.SAMPLE_SECONDS / 2
    measured.look()  # too soon
    assert job_figures(job)["step"] == []
    now[0] = 104.0
    loop.step_count, loop.clock.data, loop.clock.steps = 6, 1.0, 3.0
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


def test_steps_that_changed_no_weight_are_told_ever_more_seldom(queued_job, monkeypatch):
    monkeypatch.setattr(meter, "SAMPLE_SECONDS", 0.0)
    job, loop = claimed(queued_job), Loop()
    measured = Meter(job)
    measured.follow(loop, torch.device("cpu"))
    for loop.unfollowed_steps in (0, 3, 4, 5, 6, 11, 12):
        measured.look()
    told = job.events.filter(kind="unfollowed").order_by("pk")
    assert [event.detail["count"] for event in told] == [3, 6, 12]
    assert event_words("unfollowed", told[0].detail).startswith("3 steps changed no weight")


class NVMLError(Exception):
    """As pynvml's."""


def test_a_gpu_counter_that_is_not_there_is_left_out(monkeypatch):
    def unsupported(handle):
        raise NVMLError("Not Supported")

    pynvml = SimpleNamespace(
        NVMLError=NVMLError,
        nvmlInit=lambda: None,
        nvmlDeviceGetHandleByUUID=lambda uuid: uuid,
        nvmlDeviceGetUtilizationRates=unsupported,
        nvmlDeviceGetMemoryInfo=lambda handle: SimpleNamespace(used=5),
    )
    monkeypatch.setitem(sys.modules, "pynvml", pynvml)
    here = SimpleNamespace(uuid="1")
    monkeypatch.setattr(torch.cuda, "get_device_properties", lambda device: here)
    assert meter.gpu_reader(torch.device("cuda"))() == {"device_bytes": 5.0}
    monkeypatch.setattr(pynvml, "nvmlInit", lambda: unsupported(None))
    assert meter.gpu_reader(torch.device("cuda"))() == {}


def test_a_training_job_leaves_figures(experiment, valkey, monkeypatch):
    monkeypatch.setattr(meter, "SAMPLE_SECONDS", 0.0)
    job = job_start(experiment=experiment, steps=100_000, batch_size=16)

    def shares() -> list[tuple[float, float, float]]:
        columns = job_figures(job)
        names = ("data_share", "compute_share", "waiting_share")
        told = zip(columns["step"], *(columns[name] for name in names), strict=True)
        return [(data, compute, waiting) for step, data, compute, waiting in told if step]

    def sound() -> bool:
        # One that begins or ends within a long step, as the first one is, is rounded to the whole.
        return any(0 < data < 1 and 0 < compute < 1 for data, compute, _ in shares())

    with running(job):
        wait_until(sound, "a figure of steps with a share of each")
        job_stop(job=job)
    assert all(0 <= share <= 1 for sample in shares() for share in sample)
    for data, compute, waiting in shares():
        assert waiting < 1 or not (data and compute)


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
