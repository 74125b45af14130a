"""The built-in classes on offer, and a person's own beside them."""

import json
from dataclasses import replace
from typing import Any

import pytest
from torch import nn

from acc.autoencoder import Autoencoder
from acc.conv_vae import ConvVAE
from acc.generators.registry import GeneratorRegistry
from acc.generators.shapes import ShapesGenerator
from acc.models.registry import ModelRegistry
from acc.registry.offer import RegisteredClass
from acc.registry.source import PACKAGE_ROOT, load_class_from_source
from acc.tasks.base import Task, TaskError
from acc.tasks.classification import ClassificationTask
from acc.tasks.create import create_task
from acc.tasks.reconstruction import ReconstructionTask
from acc.tasks.registry import TaskRegistry
from tests.acc.small_models import SmallModel, dataset, linear_head

DUMMY = '''
import torch
from acc.tasks.base import Task


class DummyTask(Task):
    """Adds nothing.

    Args:
        scale: how much of nothing.
    """

    def __init__(self, name, dataset, weight=1.0, latent_slice=None, scale: float = 2.0):
        super().__init__(name=name, dataset=dataset, weight=weight, latent_slice=latent_slice)
        self.scale = scale

    def check_compatible(self, autoencoder, dataset):
        pass

    def _build_head(self, latent_dim):
        return torch.nn.Linear(latent_dim, 1)

    def compute_loss(self, model_output, batch):
        return self.head(self._get_latent(model_output)).mean() * self.scale

    def evaluate(self, autoencoder, device):
        return {}
'''


def stored_task(entry: RegisteredClass) -> type[Task]:
    """Return a task class from the text that was kept of its file."""
    base: Any = Task
    return load_class_from_source(entry.source, entry.class_name, base, entry.file)


def test_the_built_in_tasks_are_on_offer_as_the_classes_that_import_gives():
    registry = TaskRegistry()
    assert [entry.class_name for entry in registry.list()] == [
        "ClassificationTask",
        "KLDivergenceTask",
        "ReconstructionTask",
        "RegressionTask",
    ]
    assert registry.errors() == []
    assert registry.get("ClassificationTask") is ClassificationTask


def test_an_entry_says_what_a_screen_shows():
    entry = TaskRegistry().entry("ReconstructionTask")
    assert (entry.module, entry.file) == (
        "acc.tasks.reconstruction",
        "acc/tasks/reconstruction.py",
    )
    assert entry.description.startswith("How far the decoder's image is from the original")
    assert entry.requires == {"target_type": None, "decoder": True, "vae": False}
    assert [*entry.parameters] == [
        {
            "name": "loss",
            "type": "Literal['mse', 'l1']",
            "default": "mse",
            "required": False,
            "description": '"mse" (mean squared error) or "l1" (mean absolute error, '
            "sharper edges).",
        },
        {
            "name": "ssim_weight",
            "type": "float",
            "default": 0.0,
            "required": False,
            "description": "adds so many times 1 - SSIM, which looks at structure, not at pixels.",
        },
    ]
    needs = {e.class_name: e.requires for e in TaskRegistry().list()}
    assert needs["ClassificationTask"]["target_type"] == "classes"
    assert needs["RegressionTask"]["target_type"] == "float"
    assert needs["KLDivergenceTask"]["vae"]


def test_a_persons_file_is_on_offer_and_its_task_trains(tmp_path):
    (tmp_path / "dummy_task.py").write_text(DUMMY)
    registry = TaskRegistry([tmp_path])
    entry = registry.entry("DummyTask")
    assert entry.module == "dummy_task"
    assert entry.requires == {"target_type": None, "decoder": False, "vae": False}
    assert [(p["name"], p["default"], p["description"]) for p in entry.parameters] == [
        ("scale", 2.0, "how much of nothing.")
    ]
    data, model = dataset(None), SmallModel()
    stored = stored_task(entry)
    task = create_task(stored, name="mine", dataset=data, params={"scale": 3.0})
    task.attach(model)
    task.compute_loss(model(data.images[:4]), (data.images[:4],)).backward()
    assert vars(task)["scale"] == 3.0


def test_a_persons_file_does_not_replace_a_built_in_task(tmp_path):
    (tmp_path / "a.py").write_text(DUMMY.replace("DummyTask", "ReconstructionTask"))
    registry = TaskRegistry([tmp_path])
    assert registry.get("ReconstructionTask") is ReconstructionTask
    (error,) = registry.errors()
    assert error.error.startswith("acc/tasks/reconstruction.py already defines a class")


def test_stored_text_of_a_built_in_task_is_the_built_in_class_while_nothing_changed():
    entry = TaskRegistry().entry("ClassificationTask")
    assert stored_task(entry) is ClassificationTask
    older = stored_task(replace(entry, source=entry.source + "\n# older\n"))
    assert older is not ClassificationTask
    assert issubclass(older, Task)


def test_the_models_and_generators_are_on_offer():
    models, generators = ModelRegistry(), GeneratorRegistry()
    assert [entry.class_name for entry in models.list()] == [
        "Autoencoder",
        "ConvVAE",
        "FactorSlotAutoencoder",
    ]
    assert models.get("ConvVAE") is ConvVAE
    assert models.get("Autoencoder") is Autoencoder
    assert [entry.class_name for entry in generators.list()] == [
        "ShapesGenerator",
        "SlantGenerator",
        "ThicknessGenerator",
    ]
    assert generators.get("ShapesGenerator") is ShapesGenerator
    assert models.errors() == generators.errors() == []


@pytest.mark.parametrize("registry_class", [TaskRegistry, ModelRegistry, GeneratorRegistry])
def test_every_parameter_on_offer_is_json_and_described(registry_class):
    for entry in registry_class().list():
        assert entry.description
        assert (PACKAGE_ROOT.parent / entry.file).is_file()
        for parameter in entry.parameters:
            json.dumps(parameter, allow_nan=False)
            assert parameter["type"]
            assert parameter["description"], f"{entry.class_name}.{parameter['name']}"


class Narrow(Task):
    """A task whose constructor knows nothing of weights and slices."""

    head: Any

    def __init__(self, name, dataset, size):
        super().__init__(name, dataset)
        self.size = size

    def check_compatible(self, autoencoder, dataset):
        pass

    def _build_head(self, latent_dim):
        return nn.Linear(latent_dim, self.size)

    def compute_loss(self, model_output, batch):
        return self.head(self._get_latent(model_output)).mean()

    def evaluate(self, autoencoder, device):
        return {}


def test_a_constructor_without_a_slice_gets_it_all_the_same():
    task = create_task(
        Narrow, name="n", dataset=dataset(None), weight=3, latent_slice=(0, 2), params={"size": 1}
    )
    task.attach(SmallModel())
    assert (task.weight, task.latent_slice, linear_head(task).in_features) == (3, (0, 2), 2)


@pytest.mark.parametrize(
    ("task_class", "params", "words"),
    [
        (Narrow, {}, 'Narrow needs the parameter "size"'),
        (Narrow, {"size": 1, "z": 2}, 'Narrow has no parameter "z"; it has: size'),
        (ClassificationTask, {"name": "x"}, 'no parameter "name"; it has: none of its own'),
        (ReconstructionTask, {"loss": "?"}, "loss '?' is unknown"),
        (ReconstructionTask, {"loss": []}, "could not be made: TypeError"),
    ],
)
def test_a_parameter_that_does_not_fit_is_refused_in_words(task_class, params, words):
    with pytest.raises(TaskError) as refusal:
        create_task(task_class, name="n", dataset=dataset(None), params=params)
    assert words in str(refusal.value)
