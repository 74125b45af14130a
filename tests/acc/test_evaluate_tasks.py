"""All tasks of a model are measured: one that fails says why, and disturbs none of the others."""

import copy
import random

import numpy as np
import pytest
import torch

from acc.evaluation.tasks import evaluate_task
from acc.tasks.base import Metric, Task, TaskError
from acc.tasks.classification import ClassificationTask
from acc.tasks.reconstruction import ReconstructionTask
from tests.acc.small_models import SmallModel, SmallVAE, dataset


@pytest.fixture(autouse=True)
def _seeded():
    torch.manual_seed(3)


class OwnTask(Task):
    """A task written for the interface's five names, which measures what it is told."""

    def __init__(self, name, measure, metrics=()):
        self.name, self.measure, self.dataset = name, measure, dataset()
        vars(self)["metrics"] = metrics  # of the class, where there is one

    def check_compatible(self, autoencoder, dataset):
        """Fit every model."""

    def _build_head(self, latent_dim):
        return None

    def compute_loss(self, model_output, batch):
        return self._get_latent(model_output).mean()

    def evaluate(self, autoencoder, device):
        return self.measure(autoencoder)


def numpy_state():
    """Return the state of numpy's global generator, to compare."""
    _, keys, position, *_ = np.random.get_state(legacy=True)  # noqa: NPY002
    return [*keys, position]


def evaluate_tasks(tasks, model, device):
    """Evaluate one task after the other, as an evaluation does."""
    return {task.name: evaluate_task(task, model, device) for task in tasks}


def result_of(returned, metrics=()):
    """Return what becomes of one returned value."""
    task = OwnTask("own", lambda _: returned, metrics)
    return evaluate_tasks([task], SmallModel(), "cpu")["own"]


def attached(model):
    tasks = [ReconstructionTask("recon", dataset()), ClassificationTask("digit", dataset())]
    for task in tasks:
        task.attach(model)
    return tasks


def test_every_task_gets_its_metrics_with_the_bounds_that_its_class_declares():
    results = evaluate_tasks(attached(SmallModel()), SmallModel(), "cpu")
    assert list(results) == ["recon", "digit"]
    psnr = next(found for found in results["recon"].metrics if found.name == "psnr")
    assert (psnr.good, psnr.poor, psnr.unit) == (20.0, 12.0, "dB")
    assert psnr.value > 0
    assert [found.name for found in results["digit"].metrics] == ["accuracy"]


def test_a_task_that_raises_says_why_and_the_others_go_on():
    def fail(_):
        raise ZeroDivisionError("nothing to divide by")

    def refuse(_):
        raise TaskError("the evaluation split is empty")

    def leave(_):
        raise SystemExit(3)

    model = SmallModel()
    broken = [OwnTask("a", fail), OwnTask("b", refuse), OwnTask("c", leave)]
    results = evaluate_tasks([*broken, *attached(model)], model, "cpu")
    assert results["a"].error == "evaluate raised ZeroDivisionError: nothing to divide by"
    assert results["b"].error == "the evaluation split is empty"
    assert results["c"].error == "evaluate raised SystemExit: 3"
    assert results["digit"].metrics
    assert not results["digit"].error


@pytest.mark.parametrize(
    ("returned", "sentence"),
    [
        (0.5, "evaluate returned float, not a dictionary of names and numbers"),
        (None, "evaluate returned NoneType, not a dictionary"),
        ({"accuracy": "high"}, "returned str as 'accuracy'; a metric is one number"),
        ({"accuracy": torch.zeros(3)}, "returned Tensor as 'accuracy'"),
        ({3: 0.5}, "a metric called 3; a name is text of 1 to 60 characters"),
        ({"x" * 61: 0.5}, "a name is text of 1 to 60 characters"),
    ],
)
def test_what_is_no_dictionary_of_numbers_is_refused_in_a_sentence(returned, sentence):
    result = result_of(returned)
    assert sentence in result.error
    assert result.metrics == []


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (np.float32(0.5), 0.5),
        (torch.tensor(0.25), 0.25),
        (torch.tensor([0.25]), 0.25),
        (np.array([[0.5]]), 0.5),
        (3, 3.0),
        (True, 1.0),
        (float("inf"), float("inf")),
        (10**400, float("inf")),
    ],
)
def test_every_kind_of_number_counts_also_one_that_is_not_finite(value, expected):
    (found,) = result_of({"it": value}).metrics
    assert found.value == expected


def test_one_metric_that_is_none_does_not_take_the_others_along():
    result = result_of({"a": 1, "accuracy": "high", "b": 2})
    assert [found.name for found in result.metrics] == ["a", "b"]
    assert result.error == "evaluate returned str as 'accuracy'; a metric is one number"


def test_a_nan_stays_a_nan():
    (found,) = result_of({"it": float("nan")}).metrics
    assert np.isnan(found.value)


def test_a_metric_that_no_class_declares_is_judged_by_its_name():
    bounds = {
        found.name: (found.good, found.poor)
        for found in result_of({"accuracy": 1, "val_loss": 1, "Error": 1, "sharpness": 1}).metrics
    }
    assert bounds == {
        "accuracy": (0.9, 0.5),
        "val_loss": (0.1, 0.5),
        "Error": (0.1, 0.5),
        "sharpness": (None, None),
    }


def test_what_a_class_declares_goes_before_what_a_name_suggests():
    (found,) = result_of({"accuracy": 1}, (Metric("accuracy", good=0.99, poor=0.97),)).metrics
    assert (found.good, found.poor) == (0.99, 0.97)


def test_a_rough_task_leaves_everything_as_it_was_and_repeats_its_numbers():
    def rough(model):
        model.train()
        for parameter in model.parameters():
            parameter.data.zero_()
            parameter.grad = torch.ones_like(parameter)
        model.encoder[2].running_mean += 1
        drawn = torch.rand(1).item(), random.random(), np.random.random()  # noqa: NPY002
        return dict(zip(("torch", "python", "numpy"), drawn, strict=True))

    model = SmallVAE().train()
    model.encoder[2].eval()
    modes = [part.training for part in model.modules()]
    weights = copy.deepcopy(model.state_dict())
    before, python_before, numpy_before = torch.get_rng_state(), random.getstate(), numpy_state()
    first, second = (evaluate_tasks([OwnTask("own", rough)], model, "cpu") for _ in range(2))
    assert first == second
    assert [part.training for part in model.modules()] == modes
    assert all(torch.equal(value, weights[name]) for name, value in model.state_dict().items())
    assert all(parameter.grad is None for parameter in model.parameters())
    assert torch.equal(torch.get_rng_state(), before)
    assert random.getstate() == python_before
    assert numpy_state() == numpy_before


def test_a_task_that_forgets_the_eval_mode_is_measured_in_it():
    task = OwnTask("own", lambda model: {"training": model.training})
    (found,) = evaluate_tasks([task], SmallModel().train(), "cpu")["own"].metrics
    assert found.value == 0
