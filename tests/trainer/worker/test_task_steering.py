"""Tasks that join a running job, leave it and come back: at a step, and again in a replay."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.setup.classes import shipped_classes_store
from tests.setup.waiting import wait_until
from tests.trainer.rows import offer_make
from tests.trainer.worker.conftest import task_attach_now
from tests.trainer.worker.steered import (
    answered,
    applied,
    curve,
    running,
    scheduled,
    state_of,
    steps_of,
    take_up_again,
    weights,
)
from trainer.models import Experiment, Job, JobCommand, TaskCard
from trainer.selectors.losses import loss_points
from trainer.services.card_add import card_add
from trainer.services.cards import card_attach, card_remove
from trainer.services.commands import command_send
from trainer.services.job_start import job_repeat, job_start
from trainer.services.plan import addition_plan
from trainer.services.registry import registry_store
from trainer.services.sources import sources_of
from trainer.worker.run import job_run

pytestmark = [pytest.mark.portable, pytest.mark.usefixtures("valkey")]


def addition(
    experiment: Experiment,
    name: str,
    *,
    weight: float = 0.5,
    class_name: str = "ClassificationTask",
) -> dict[str, Any]:
    """Return what a job is told of a task that is to join it; no card stays."""
    card = card_add(
        experiment=experiment,
        name=name,
        class_name=class_name,
        dataset=experiment.task_cards.get(name="kl").dataset,
        weight=weight,
        latent_slice=(0, 4),
    )
    card.delete()
    return addition_plan(card, sources_of([("tasks", card.class_name)]))


def steer(job: Job) -> Job:
    """Ask for a task to join, one to leave, come back and leave, each at a step."""
    scheduled(job, "add_task", 3, **addition(job.experiment, "late"))
    scheduled(job, "remove_task", 5, task="digit")
    scheduled(job, "set_weight", 6, task="late", weight=2.0)
    scheduled(job, "set_lr", 6, probe_lr=0.01)
    scheduled(job, "restore_task", 8, task="digit")
    scheduled(job, "remove_task", 9, task="late")
    scheduled(job, "add_task", 10, **addition(job.experiment, "late", weight=0.25))
    return job


def test_a_task_attached_while_a_job_trains_joins_it_at_a_step(queued_job: Job) -> None:
    applied(queued_job, "pause", 5)
    with running(queued_job):
        wait_until(lambda: state_of(queued_job) == Job.State.PAUSED, "paused")
        card = task_attach_now(
            name="late", class_name="ClassificationTask", weight=0.5, latent_slice=[0, 4]
        )
        command = JobCommand.objects.get(pk=card["command"])
        wait_until(lambda: answered(command), "joined")
        command_send(job=queued_job, kind="resume")
    assert (command.state, command.applied_step) == ("applied", 5)
    assert steps_of(queued_job, "late") == list(range(6, 13))
    assert weights(queued_job, "late") == [0.5] * 7
    ended = Job.objects.get(pk=queued_job.pk)
    assert (ended.state, ended.task_names) == ("completed", ["recon", "kl", "digit", "late"])
    assert ended.loss_series.get(task_name="late").colour == card["colour"]
    event = ended.events.get(kind="add_task")
    assert (event.step, event.detail["task"], event.detail["weight"]) == (5, "late", 0.5)
    assert "late" not in [task["name"] for task in ended.plan["tasks"]]


def test_a_removed_tasks_curve_ends_the_total_is_without_it(
    queued_job: Job,
) -> None:
    applied(queued_job, "pause", 5)
    with running(queued_job):
        wait_until(lambda: state_of(queued_job) == Job.State.PAUSED, "paused")
        card_remove(card=queued_job.experiment.task_cards.get(name="recon"))
        command = JobCommand.objects.get(kind="remove_task")
        wait_until(lambda: answered(command), "removed")
        command_send(job=queued_job, kind="resume")
    assert steps_of(queued_job, "recon") == [1, 2, 3, 4, 5]
    sixth = [point for point in loss_points(queued_job) if point["step"] == 6]
    assert [point["task_name"] for point in sixth] == ["kl", "digit"]
    summed = sum(point["task_loss"] * point["weight"] for point in sixth)
    assert sixth[0]["total_loss"] == pytest.approx(summed)
    # Its series ends there, and is kept.
    assert queued_job.loss_series.get(task_name="recon").last_step == 5


def test_a_state_has_a_health_of_each_task_in_training_then_and_of_no_other(
    queued_job: Job,
) -> None:
    job = queued_job
    scheduled(job, "set_enabled", 3, task="kl", enabled=False)
    scheduled(job, "remove_task", 4, task="recon")
    scheduled(job, "save_checkpoint", 5)
    scheduled(job, "add_task", 6, **addition(job.experiment, "late"))
    scheduled(job, "set_enabled", 7, task="kl", enabled=True)
    scheduled(job, "restore_task", 8, task="recon")
    scheduled(job, "remove_task", 9, task="digit")
    job_run(job.pk)
    saved, final = job.checkpoints.order_by("pk")
    assert saved.job_step == 5
    assert set(saved.health) == {"digit"}
    assert set(final.health) == {"recon", "kl", "late"}


def test_a_weight_changes_no_other_tasks_loss_at_the_next_step(experiment: Experiment) -> None:
    calm = job_start_and_run(experiment, lambda _: None)
    changed = job_start_and_run(
        experiment, lambda job: scheduled(job, "set_weight", 6, task="kl", weight=0.5)
    )

    def at(job: Job, step: int, what: str) -> list[object]:
        return [point[what] for point in loss_points(job) if point["step"] == step]

    assert at(changed, 7, "task_loss") == at(calm, 7, "task_loss")
    assert at(changed, 7, "total_loss") != at(calm, 7, "total_loss")
    assert at(changed, 8, "task_loss") != at(calm, 8, "task_loss")


def test_an_undone_removal_leaves_the_curve_as_if_nothing_had_been(experiment: Experiment) -> None:
    calm, undone = (
        job_start_and_run(experiment, lambda _: None),
        job_start_and_run(experiment, remove_and_undo),
    )
    assert curve(undone) == curve(calm)


def remove_and_undo(job: Job) -> None:
    """Remove a task and bring it back between the same two steps."""
    scheduled(job, "remove_task", 6, task="digit")
    scheduled(job, "restore_task", 6, task="digit")


def job_start_and_run(experiment: Experiment, ask: Callable[[Job], object]) -> Job:
    """Train a new model from the start, steered by `ask`."""
    Experiment.objects.filter(pk=experiment.pk).update(current_checkpoint=None)
    experiment.refresh_from_db()
    job = job_start(experiment=experiment, steps=12, batch_size=16, seed=5)
    ask(job)
    job_run(job.pk)
    job.refresh_from_db()
    assert job.state == Job.State.COMPLETED
    return job


@pytest.mark.parametrize("left_at", [4, 7, 11])
def test_a_job_taken_up_again_has_the_tasks_it_had_and_the_same_curve(
    experiment: Experiment, shut_down: Callable[[], None], left_at: int
) -> None:
    expected = curve(job_start_and_run(experiment, steer))
    Experiment.objects.filter(pk=experiment.pk).update(current_checkpoint=None)
    experiment.refresh_from_db()
    job = steer(job_start(experiment=experiment, steps=12, batch_size=16, seed=5))
    scheduled(job, "pause", left_at)
    with running(job):
        wait_until(lambda: state_of(job) == Job.State.PAUSED, "paused")
        shut_down()
    take_up_again(job)
    with running(job):
        wait_until(lambda: state_of(job) == Job.State.PAUSED, "paused again")
        command_send(job=job, kind="resume")
    assert curve(job) == expected
    assert job.commands.filter(state="applied").count() == 9
    assert job.events.filter(kind="add_task").count() == 2


def test_a_repeated_job_goes_through_the_same_interventions(experiment: Experiment) -> None:
    first = job_start_and_run(experiment, steer)
    experiment.task_cards.update(weight=9.0)
    again = job_repeat(job=first, by="ada")
    job_run(again.pk)
    assert curve(again) == curve(first)
    assert (again.repeats, again.created_by) == (first, "ada")
    done = again.events.filter(command__isnull=False)
    assert list(done.values_list("kind", "step")) == list(
        first.events.filter(command__isnull=False).values_list("kind", "step")
    )
    # What the cards say now is another matter.
    assert set(experiment.task_cards.values_list("name", "weight")) == {
        ("recon", 9.0),
        ("kl", 9.0),
        ("digit", 9.0),
    }


def test_a_task_whose_code_is_lost_is_refused_and_attached_no_more(queued_job: Job) -> None:
    experiment = queued_job.experiment
    (ref,) = sources_of([("tasks", "KLDivergenceTask")])
    dataset = experiment.task_cards.get(name="kl").dataset
    applied(queued_job, "pause", 5)
    with running(queued_job):
        wait_until(lambda: state_of(queued_job) == Job.State.PAUSED, "paused")
        _, command = card_attach(
            experiment=experiment,
            sources=[ref | {"sha256": "0" * 64}],
            name="lost",
            class_name="KLDivergenceTask",
            dataset=dataset,
        )
        assert command is not None
        wait_until(lambda: answered(command), "answered")
        command_send(job=queued_job, kind="resume")
    assert command.state == "refused"
    assert "is gone" in command.reason
    assert queued_job.events.get(kind="refused").detail["reason"] == command.reason
    assert not TaskCard.with_removed.filter(name="lost").exists()
    assert state_of(queued_job) == Job.State.COMPLETED


def test_a_task_that_fits_no_more_is_refused_in_its_own_words(queued_job: Job) -> None:
    payload = addition(queued_job.experiment, "late")
    payload["plan"]["latent_slice"] = [0, 99]
    command = scheduled(queued_job, "add_task", 4, **payload)
    job_run(queued_job.pk)
    command.refresh_from_db()
    assert command.reason == (
        "latent_slice 0:99 reaches beyond the latent, which has 8 dimensions (0:8)"
    )
    assert len(curve(queued_job)) == 12 * 3


BROKEN = '''from acc.tasks.base import Task


class BrokenTask(Task):
    """Has no loss."""

    def check_compatible(self, autoencoder, dataset):
        pass

    def _build_head(self, latent_dim):
        return None

    def compute_loss(self, model_output, batch):
        return batch[7].mean()

    def evaluate(self, autoencoder, device):
        return {}
'''


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (BROKEN, "task 'broken' failed at step 5: IndexError: tuple index out of range"),
        (
            "import no_such_helper\n" + BROKEN,
            (
                "task 'broken' cannot be made: its class BrokenTask does not load: "
                "ModuleNotFoundError: No module named 'no_such_helper'"
            ),
        ),
    ],
)
def test_a_task_whose_code_raises_does_not_join_and_the_job_goes_on(
    queued_job: Job, text: str, reason: str
) -> None:
    experiment = queued_job.experiment
    offer = offer_make("BrokenTask", source=text, file="/gone/broken.py", module="broken")
    registry_store(registry="tasks", offers=[offer], errors=[])
    payload = addition(experiment, "broken", class_name="BrokenTask")
    command = scheduled(queued_job, "add_task", 4, **payload)
    job_run(queued_job.pk)
    command.refresh_from_db()
    assert command.state == "refused"
    assert command.reason == reason
    assert state_of(queued_job) == Job.State.COMPLETED
    shipped_classes_store()
    Experiment.objects.update(current_checkpoint=None)
    experiment.refresh_from_db()
    calm = job_start(experiment=experiment, steps=12, batch_size=16, seed=5)
    job_run(calm.pk)
    assert curve(queued_job) == curve(calm)
