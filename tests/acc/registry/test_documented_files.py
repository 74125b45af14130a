"""The files that the quickstart and docs/writing-a-task.md show, used as written."""

import re
from pathlib import Path
from typing import Any

import pytest
import torch

from acc.conv_vae import ConvVAE
from acc.datasets.builtin import load_builtin
from acc.generators.registry import GeneratorRegistry
from acc.models.registry import ModelRegistry
from acc.recipes.registry import RecipeRegistry
from acc.tasks.create import create_task
from acc.tasks.registry import TaskRegistry
from acc.training.trainer import Trainer, TrainerConfig

DOCS = Path(__file__).parents[3] / "docs"
PAGES = "".join((DOCS / name).read_text() for name in ("index.md", "writing-a-task.md"))
FILES = dict(re.findall(r"```python\n# (\w+\.py)\n(.*?)```", PAGES, re.DOTALL))
CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A directory with all documented files."""
    directory = tmp_path_factory.mktemp("documented")
    for name, text in FILES.items():
        (directory / name).write_text(text)
    return directory


@pytest.fixture(scope="module")
def digits(tmp_path_factory):
    return load_builtin("digits", image_size=32, data_dir=tmp_path_factory.mktemp("data"))


def test_every_documented_file_is_on_offer_without_an_error(place):
    kinds = (TaskRegistry, ModelRegistry, GeneratorRegistry, RecipeRegistry)
    own = {
        offer.class_name
        for registry in [kind([place]) for kind in kinds]
        for offer in registry.list()
        if Path(offer.file).parent == place
    }
    assert TaskRegistry([place]).errors() == []
    tasks = {"SmallLatentTask", "BrightnessTask", "SharpnessTask"}
    assert own == {*tasks, "LinearAutoencoder", "DotsGenerator", "KLWeights"}


@pytest.mark.parametrize(
    ("class_name", "params"),
    [("SmallLatentTask", {}), ("BrightnessTask", {}), ("BrightnessTask", {"hidden": 4})],
)
def test_the_documented_tasks_are_learned(place, digits, class_name, params):
    torch.manual_seed(0)
    model = ConvVAE()
    task_class = TaskRegistry([place]).get(class_name)
    task = create_task(task_class, name="own", dataset=digits, latent_slice=(0, 8), params=params)
    task.attach(model)
    trainer = Trainer(model, [task], TrainerConfig(), CPU)
    for _ in range(20):
        trainer.step()
    losses_S = trainer.ring.drain()[0].values_ST[:, 0]
    assert losses_S[-5:].mean() < losses_S[:5].mean()
    assert task.evaluate(model, CPU).keys() == {metric.name for metric in task_class.metrics}


def test_the_quickstarts_task_is_learned_and_measured(place, digits):
    torch.manual_seed(0)
    model = ConvVAE()
    task = create_task(TaskRegistry([place]).get("SharpnessTask"), name="sharp", dataset=digits)
    task.attach(model)
    trainer = Trainer(model, [task], TrainerConfig(), CPU)
    before = task.evaluate(model, CPU)["edge_gap"]
    for _ in range(40):
        trainer.step()
    assert 0 < task.evaluate(model, CPU)["edge_gap"] < before


def test_the_documented_generator_makes_data_that_its_parameters_describe(place):
    dots: Any = GeneratorRegistry([place]).get("DotsGenerator")
    dataset = dots(most=3, count=30, image_size=8).generate()
    assert torch.equal(dataset.images.sum(dim=(1, 2, 3)), dataset.targets[:, 0])
    assert dataset.content_hash() == dots(most=3, count=30, image_size=8).generate().content_hash()


def test_the_documented_model_reconstructs_images_of_its_shape(place):
    model = ModelRegistry([place]).get("LinearAutoencoder")()
    images_BCHW = torch.rand(2, *model.image_shape)
    assert model.decode(model(images_BCHW)["latent"]).shape == images_BCHW.shape
    assert model.describe()["config"] == {"latent_dim": 16, "image_shape": [1, 32, 32]}
