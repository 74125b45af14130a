"""The loop that ACC is measured against does the same maths, on the same batches."""

import pytest
import torch

from acc.dataset import AccDataset
from acc.datasets.builtin import load_builtin
from acc.tasks.base import Task
from acc.tasks.classification import ClassificationTask
from acc.tasks.kl_divergence import KLDivergenceTask
from acc.tasks.reconstruction import ReconstructionTask
from acc.training.trainer import Trainer, TrainerConfig
from benchmarks.bare_loop import CLASSES, BareLoop, parts_build
from benchmarks.job import BATCH_SIZE, DATASET, LEARNING_RATE, MODELS, SEED, TASKS, WEIGHTS

CPU = torch.device("cpu")
TASK_CLASSES: dict[str, type[Task]] = {
    task.__name__: task for task in (ReconstructionTask, KLDivergenceTask, ClassificationTask)
}
# An epoch has 23 batches: the order of the second one counts as well.
STEPS = 26


@pytest.fixture(scope="module")
def digits() -> AccDataset:
    return load_builtin(DATASET)


@pytest.mark.parametrize("model_name", MODELS)
def test_the_bare_loop_loses_what_a_job_loses(model_name, digits):
    bare = BareLoop(parts_build(model_name, device=CPU))
    bare_totals = [bare.step().item() for _ in range(STEPS)]

    trainer = _trainer(model_name, digits)
    for _ in range(STEPS):
        trainer.step()
    (run,) = trainer.ring.drain()

    torch.testing.assert_close(torch.tensor(bare_totals), torch.from_numpy(run.values_ST[:, -1]))


def _trainer(model_name, dataset):
    torch.manual_seed(SEED)
    model = CLASSES[model_name]()
    tasks = [
        TASK_CLASSES[task["class_name"]](task["name"], dataset, weight=WEIGHTS[task["name"]])
        for task in TASKS
    ]
    for task in tasks:
        task.attach(model)
    config = TrainerConfig(
        lr=LEARNING_RATE, probe_lr=LEARNING_RATE, batch_size=BATCH_SIZE, seed=SEED
    )
    return Trainer(model, tasks, config, CPU)
