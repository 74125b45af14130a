"""A task's code and data are fetched while the loop goes on: what waits for them, and what not."""

import threading
from pathlib import Path
from uuid import uuid4

import pytest

from tests.setup.waiting import wait_until
from tests.trainer.rows import offer_make
from tests.trainer.worker.steered import (
    answered,
    reached,
    running,
    scheduled,
    state_of,
    steps_of,
    weights,
)
from tests.trainer.worker.test_task_steering import addition, job_start_and_run
from trainer.models import Experiment, Job, JobCommand, RegisteredClass, TaskCard
from trainer.selectors.losses import loss_points
from trainer.services.cards import card_attach, card_remove, card_restore
from trainer.services.commands import command_send
from trainer.services.job_start import job_start
from trainer.services.registry import registry_store
from trainer.services.sources import sources_of

pytestmark = [pytest.mark.portable, pytest.mark.usefixtures("valkey")]

# What its file imports is imported where nobody waits for it, and is there when the test says so.
GATE = """import time
from pathlib import Path

while not Path({gate!r}).exists():
    time.sleep(0.01)
"""
GATED = """import {module}

from acc.tasks.kl_divergence import KLDivergenceTask


class GatedTask(KLDivergenceTask):
    pass
"""

# As careless as a person's file may be, and run when the task joins.
SEEDING = """import random

import numpy as np
import torch

from acc.tasks.kl_divergence import KLDivergenceTask

random.seed(0)
np.random.seed(0)
torch.manual_seed(0)
DRAWN = torch.rand(3)


class SeedingTask(KLDivergenceTask):
    pass
"""


def offered(name: str, text: str) -> None:
    """Put one more task on offer."""
    others = [
        offer_make(row.class_name, source=row.source.text, file=row.file, module=row.module)
        for row in RegisteredClass.objects.filter(registry="tasks").select_related("source")
    ]
    one = offer_make(name, source=text, file=f"/gone/{name}.py")
    registry_store(registry="tasks", offers=[*others, one], errors=[])


@pytest.fixture
def gate(experiment: Experiment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file for which the module waits that a task on offer imports."""
    path = tmp_path / "open"
    module = f"gate_{uuid4().hex}"
    (tmp_path / f"{module}.py").write_text(GATE.format(gate=str(path)))
    monkeypatch.syspath_prepend(tmp_path)
    offered("GatedTask", GATED.format(module=module))
    return path


def gated_attach(experiment: Experiment) -> tuple[TaskCard, JobCommand]:
    """Attach the task that waits, while a job is in progress."""
    card, joining = card_attach(
        experiment=experiment,
        sources=sources_of([("tasks", "GatedTask")]),
        name="gated",
        class_name="GatedTask",
        dataset=experiment.task_cards.get(name="kl").dataset,
    )
    assert joining is not None
    return card, joining


def test_the_loop_goes_on_while_a_task_is_fetched_and_only_tasks_wait_for_it(
    experiment: Experiment, gate: Path
) -> None:
    job = job_start(experiment=experiment, steps=1_000_000, batch_size=8, seed=5)
    with running(job):
        wait_until(lambda: reached(job, 1), "a first step")
        _, joining = gated_attach(experiment)
        waits = [
            command_send(job=job, kind="set_weight", payload={"task": "kl", "weight": 0.25}),
            command_send(job=job, kind="set_weight", payload={"task": "gated", "weight": 0.5}),
        ]
        passes = command_send(job=job, kind="set_lr", payload={"lr": 0.01})
        wait_until(lambda: answered(passes), "the learning rate is set")
        then = Job.objects.get(pk=job.pk).current_step
        wait_until(lambda: reached(job, then + 20), "the loop goes on")
        assert not any(answered(command) for command in (joining, *waits))
        gate.touch()
        wait_until(lambda: all(answered(c) for c in (joining, *waits)), "all in force")
        command_send(job=job, kind="stop")
    done = job.events.filter(command__isnull=False)
    assert list(done.values_list("command", flat=True))[:4] == [
        passes.pk,
        joining.pk,
        *(command.pk for command in waits),
    ]
    assert [command.state for command in (joining, *waits)] == ["applied"] * 3
    assert weights(job, "gated")[-1] == 0.5


def test_a_stop_does_not_wait_for_a_task_and_the_task_stays_for_the_next_job(
    experiment: Experiment, gate: Path
) -> None:
    job = job_start(experiment=experiment, steps=1_000_000, batch_size=8, seed=5)
    with running(job):
        wait_until(lambda: reached(job, 1), "a first step")
        _, joining = gated_attach(experiment)
        command_send(job=job, kind="stop")
        wait_until(lambda: state_of(job) == Job.State.STOPPED, "stopped")
    gate.touch()
    fetching = [thread for thread in threading.enumerate() if thread.name.startswith("fetch-")]
    for thread in fetching:
        thread.join(timeout=120)  # else it would ask the next test's database
    assert answered(joining)
    assert joining.reason == "the job ended first"
    assert experiment.task_cards.filter(name="gated").exists()


def test_a_task_removed_before_it_joined_joins_and_leaves_in_that_order(
    experiment: Experiment, gate: Path
) -> None:
    job = job_start(experiment=experiment, steps=1_000_000, batch_size=8, seed=5)
    with running(job):
        wait_until(lambda: reached(job, 1), "a first step")
        card, _ = gated_attach(experiment)
        card_remove(card=card)
        card_restore(experiment=experiment, name="gated")
        card_remove(card=card)
        gate.touch()
        last = job.commands.latest("pk")
        wait_until(lambda: answered(last), "left")
        command_send(job=job, kind="stop")
    done = job.commands.order_by("pk").values_list("kind", "state")
    assert list(done)[:4] == [
        ("add_task", "applied"),
        ("remove_task", "applied"),
        ("restore_task", "applied"),
        ("remove_task", "applied"),
    ]


def test_a_joining_tasks_file_that_seeds_leaves_the_others_their_numbers(
    experiment: Experiment,
) -> None:
    offered("SeedingTask", SEEDING)
    added = addition(experiment, "late", class_name="SeedingTask", weight=0.0)
    calm, joined = (
        job_start_and_run(experiment, lambda _: None),
        job_start_and_run(experiment, lambda job: scheduled(job, "add_task", 6, **added)),
    )

    def losses(job: Job, task: str) -> list[object]:
        return [p["task_loss"] for p in loss_points(job) if p["task_name"] == task]

    assert steps_of(joined, "late") == list(range(7, 13))
    for task in ("recon", "kl", "digit"):
        assert losses(joined, task) == losses(calm, task)
