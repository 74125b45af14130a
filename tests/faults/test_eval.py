"""Evaluations beside a job that trains: it keeps its numbers, and no task's code holds them up."""

import signal
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.faults.conftest import EVAL_SECONDS
from tests.faults.system import System
from tests.setup.waiting import wait_until

pytestmark = pytest.mark.faults

# An evaluation asked for at step 350 may take a while, and is to begin before the end.
STEPS = 900
OWN_STEPS = 240

# Written for the five names of the interface and nothing else.
OWN_TASK = """
import torch
from acc.tasks.base import Task, TaskError


class BrightnessTask(Task):
    def check_compatible(self, autoencoder, dataset):
        if dataset.images.shape[1] != 1:
            raise TaskError("BrightnessTask needs grey images")

    def _build_head(self, latent_dim):
        return torch.nn.Linear(latent_dim, 1)

    def compute_loss(self, model_output, batch):
        wanted = batch[0].mean(dim=(1, 2, 3))
        return (self.head(self._get_latent(model_output)).squeeze(1) - wanted).square().mean()

    def evaluate(self, autoencoder, device):
        errors = []
        with torch.no_grad():
            for batch in self.dataset.eval_loader(64):
                images = batch[0].to(device)
                guess = self.head(self._get_latent(autoencoder(images))).squeeze(1)
                errors.append((guess - images.mean(dim=(1, 2, 3))).abs())
        return {"brightness_error": torch.cat(errors).mean()}
"""

# Says who works on it, and never ends.
STUBBORN_TASK = OWN_TASK.replace("BrightnessTask", "StubbornTask").replace(
    "        errors = []\n",
    "        import os\n"
    "        from pathlib import Path\n"
    "        Path(AT_WORK).write_text(f'{os.getpid()}\\n')\n"
    "        while True:\n"
    "            try:\n"
    "                torch.zeros(1)\n"
    "            except BaseException:\n"
    "                pass\n",
)


@pytest.fixture(scope="module")
def at_work(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the stubborn task writes which process evaluates it."""
    return tmp_path_factory.mktemp("stubborn") / "at-work"


@pytest.fixture(scope="module", autouse=True)
def own_tasks(own_files: Path, at_work: Path) -> None:
    """Save two task files of our own."""
    (own_files / "brightness.py").write_text(OWN_TASK)
    stubborn = STUBBORN_TASK.replace("AT_WORK", repr(str(at_work)))
    (own_files / "stubborn.py").write_text(stubborn)


def attach(system: System, slug: str, class_name: str, name: str) -> None:
    """Attach a task of our own to a part of the latent."""
    task = {"class_name": class_name, "dataset_name": "digits", "latent_slice": "2:6"}
    system.wait_for_class("tasks", class_name)
    system.post(f"/tasks/add?experiment={slug}", {**task, "name": name})


def evals(system: System, slug: str, count: int) -> list[dict[str, Any]]:
    """Wait until so many evaluations are stored; return them, the newest first."""
    path = f"/eval/history?experiment={slug}"
    found: list[dict[str, Any]] = wait_until(
        lambda: len(rows := system.get(path)) >= count and rows, "evaluations"
    )
    return found


def worker_of_call(system: System, at_work: Path) -> psutil.Process:
    """Return the process that answers a call, a child of the eval worker."""
    wait_until(lambda: at_work.exists() and at_work.read_text().endswith("\n"), "it is at work")
    process = psutil.Process(int(at_work.read_text()))
    assert process in system.workers("eval")[1:]
    return process


@pytest.fixture(scope="module")
def calm(system: System) -> int:
    """A job beside which nothing was evaluated."""
    job_id = system.train(system.experiment("unasked"), steps=STEPS)
    assert system.wait_for_end(job_id)["state"] == "completed"
    return job_id


def test_evaluations_in_the_middle_of_a_job_change_no_number_of_its_curve(
    system: System, calm: int
) -> None:
    watched = system.train(system.experiment("watched"), steps=STEPS)
    answers = []
    for step in (50, 200, 350):
        system.wait_for_step(watched, step)
        answers.append(system.post("/eval/run?experiment=watched"))
    assert system.wait_for_end(watched)["state"] == "completed"
    assert system.curve(watched) == system.curve(calm)
    steps = [answer["step"] for answer in answers]
    assert steps == sorted(set(steps))
    assert all(step < STEPS for step in steps)
    # And once more by itself when each job ended, on the same final state.
    last, calm_last = evals(system, "watched", 4)[0], evals(system, "unasked", 1)[0]
    assert last["step"] == calm_last["step"] == STEPS
    assert last["results"] == calm_last["results"]


def test_a_job_evaluated_every_fifty_steps_has_the_curve_of_one_that_is_not(
    system: System, calm: int
) -> None:
    watched = system.train(system.experiment("often"), steps=STEPS, eval_every=50)
    assert system.wait_for_end(watched)["state"] == "completed"
    assert system.curve(watched) == system.curve(calm)
    found = wait_until(
        lambda: (
            (rows := system.get("/eval/history?experiment=often&limit=100"))
            and rows[0]["step"] == STEPS
            and rows
        ),
        "the last evaluation",
    )
    steps = [row["step"] for row in found]
    assert len(steps) > 2
    assert all(step % 50 == 0 for step in steps)
    # Its states went; what is left are those of the job's own.
    kinds = {row["kind"] for row in system.get("/checkpoints?experiment=often")}
    assert kinds <= {"final", "periodic"}


def test_a_task_file_of_the_five_names_is_attached_trained_and_measured(system: System) -> None:
    slug = system.experiment("own")
    attach(system, slug, "BrightnessTask", "bright")
    job_id = system.train(slug, steps=OWN_STEPS)
    assert system.wait_for_end(job_id)["state"] == "completed"
    losses = [loss for _, name, loss, _ in system.curve(job_id) if name == "bright"]
    assert len(losses) == OWN_STEPS
    assert sum(losses[-20:]) < sum(losses[:20]) / 4
    found = evals(system, slug, 1)[0]
    assert (found["step"], found["errors"]) == (OWN_STEPS, {})
    # The mean absolute error of a guess whose square error the curve shows.
    assert 0 < found["results"]["bright"]["brightness_error"] < 3 * losses[-1] ** 0.5


def test_an_evaluation_that_never_returns_is_ended_and_the_next_one_is_answered(
    system: System,
) -> None:
    slug = system.experiment("stubborn")
    attach(system, slug, "StubbornTask", "stubborn")
    with pytest.raises(AssertionError, match=f"stubborn.* took longer than {EVAL_SECONDS} s"):
        system.post(f"/eval/run?experiment={slug}")
    system.post(f"/tasks/stubborn/toggle?experiment={slug}")
    assert system.post(f"/eval/run?experiment={slug}")["results"]["recon"]["psnr"] > 0


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_an_evaluation_whose_worker_is_killed_is_answered(
    system: System, at_work: Path, number: signal.Signals
) -> None:
    at_work.unlink(missing_ok=True)
    slug = system.experiment(number.name.lower())
    attach(system, slug, "StubbornTask", "stubborn")
    job_id = system.train(slug, steps=1)
    system.wait_for_end(job_id)  # its automatic evaluation meets the stubborn task
    worker = worker_of_call(system, at_work)
    worker.send_signal(number)
    worker.wait(timeout=EVAL_SECONDS / 2)
    system.post(f"/tasks/stubborn/toggle?experiment={slug}")
    assert system.post(f"/eval/run?experiment={slug}")["step"] == 1
