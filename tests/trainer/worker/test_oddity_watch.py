"""Spikes and losses that are not finite become events of their job, each once."""

from typing import Any

import numpy as np
import pytest
import torch

from acc.training.loss_ring import Layout, LossRing
from trainer.models import Job
from trainer.selectors.jobs import job_events
from trainer.services import announce
from trainer.services.losses import losses_rewind
from trainer.worker.progress import Progress
from trainer.worker.recorder import Recorder
from trainer.worker.summary import Summaries

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.portable]

LAYOUT = Layout(("recon", "digit"), (1.0, 0.5))


class Bench:
    """A job whose losses are what the test says, recorded as a worker records them."""

    def __init__(self, job: Job, *, last_step: int = 0) -> None:
        self.job, self.step = job, last_step
        self.ring = LossRing(torch.device("cpu"))
        progress = Progress(label="", total_steps=9999, first_step=last_step, seconds_before=0)
        self.recorder = Recorder(job=job, ring=self.ring, summaries=Summaries(), progress=progress)

    def train(self, losses, *, flush_every=37):
        for recon, digit in losses:
            self.step += 1
            losses = [torch.tensor(recon), torch.tensor(digit)]
            self.ring.put(self.step, LAYOUT, losses, torch.tensor(1.0), barren=torch.zeros(()))
            if self.step % flush_every == 0:
                self.recorder.flush()
        self.recorder.flush()


def calm(count):
    scatter = np.random.default_rng(3).normal(size=(count, 2))
    return (0.3 * np.exp(0.1 * scatter)).tolist()


def found(job):
    return [
        (event["kind"], event["step"], event["detail"]["task"])
        for event in job_events(job)
        if event["found"]
    ]


def words(job):
    return [event["words"] for event in job_events(job) if event["found"]]


def test_what_is_odd_about_the_losses_is_among_the_events_in_words(running):
    losses = calm(1000)
    losses[499] = [14.2, 0.3]
    for step in range(700, 720):
        losses[step][1] = float("nan")
    Bench(running).train(losses)
    assert found(running) == [
        ("spike", 500, "recon"),
        ("nonfinite", 701, "digit"),
        ("settled", 740, "digit"),
    ]
    spike, nan, settled = words(running)
    assert spike.startswith("recon spiked to 14.20, usually about 0.3")
    assert nan == "loss of digit is nan"
    assert settled == "loss of digit settled; it was not finite now and then since step 701"


def test_an_odd_loss_is_announced_after_its_points(running, monkeypatch):
    sent: list[Any] = []
    monkeypatch.setattr(announce, "publish", lambda _group, message: sent.append(message))
    losses = calm(400)
    losses[349] = [50.0, 0.3]
    Bench(running).train(losses)
    at = next(place for place, message in enumerate(sent) if message["type"] == "event")
    points = sent[at - 1]
    assert points["type"] == "loss"
    assert points["first_step"] <= 350 < points["first_step"] + points["steps"]
    assert sent[at]["seq"] == points["seq"] + 1


def test_a_job_that_diverges_lists_a_few_spikes_and_says_that_there_are_more(running):
    losses = calm(6000)
    for step in range(99, 6000, 50):
        losses[step][0] = 1e6
    Bench(running).train(losses)
    kinds = [kind for kind, _, _ in found(running)]
    assert kinds == ["spike"] * 20 + ["unlisted"]
    assert words(running)[-1] == "recon has more spikes; they are on its curve and no longer listed"


@pytest.mark.parametrize("checkpoint", [505, 600, 705, 915])
def test_a_replay_after_a_crash_finds_the_same_and_nothing_twice(checkpoint, running):
    losses = calm(1000)
    losses[499] = losses[502] = [14.2, 0.3]
    losses[600] = [30.0, 0.3]
    for step in range(700, 900):
        losses[step][1] = float("nan")
    Bench(running).train(losses)
    first = found(running)
    assert len(first) == 5

    losses_rewind(job=running, last_step=checkpoint)
    assert len(found(running)) < 5
    Bench(running, last_step=checkpoint).train(losses[checkpoint:], flush_every=11)
    assert found(running) == first


def test_a_job_of_nothing_but_nan_goes_on_being_one_stretch_after_a_restart(running):
    losses = [[float("nan"), 0.3]] * 5000
    Bench(running).train(losses, flush_every=500)
    Bench(running, last_step=5000).train([*losses[:50], *calm(30)])
    assert found(running) == [("nonfinite", 1, "recon"), ("settled", 5070, "recon")]
