"""What attaches to a model, what is refused, and in which words."""

import copy
import json
from typing import Any, ClassVar

import pytest
import torch
from torch import nn

from acc.autoencoder import Autoencoder
from acc.conv_vae import ConvVAE
from acc.model_output import ModelOutput
from acc.tasks.base import Task, TaskError
from acc.tasks.classification import ClassificationTask
from acc.tasks.kl_divergence import KLDivergenceTask
from acc.tasks.reconstruction import ReconstructionTask
from acc.tasks.regression import RegressionTask
from tests.acc.small_models import (
    LATENT_DIM,
    EncoderOnly,
    SmallModel,
    SmallVAE,
    dataset,
    linear_head,
)


class PersonsTask(Task):
    """A task as the contract shows it: four methods, and a constructor of its own."""

    head: Any

    def __init__(self, name, dataset, weight=1.0, latent_slice=None):
        self.calls = 0

    def check_compatible(self, autoencoder, dataset):
        pass

    def _build_head(self, latent_dim):
        return nn.Linear(latent_dim, 1)

    def compute_loss(self, model_output, batch):
        self.calls += 1
        return self.head(self._get_latent(model_output)).square().mean()

    def evaluate(self, autoencoder, device):
        return {"calls": float(self.calls)}


def test_a_task_that_never_calls_the_base_constructor_trains():
    data = dataset(None)
    task = PersonsTask("mine", data, latent_slice=(2, 6))
    model = SmallModel()
    task.attach(model)
    task.compute_loss(model(data.images[:8]), (data.images[:8],)).backward()
    assert (task.name, task.dataset, task.weight, task.enabled) == ("mine", data, 1.0, True)
    assert task.head.in_features == 4
    assert task.head.weight.grad is not None
    assert task.checkpoint_state() == {}
    task.load_checkpoint_state({})


def test_a_task_that_calls_the_base_constructor_with_keywords_attaches():
    class Keywords(PersonsTask):
        def __init__(self, name, dataset, weight=1.0, latent_slice=None):
            Task.__init__(
                self, name=name, dataset=dataset, weight=weight, latent_slice=latent_slice
            )

    task = Keywords(name="mine", dataset=dataset(None), weight=2.0)
    task.attach(SmallModel())
    assert (task.weight, task.head.in_features) == (2.0, LATENT_DIM)


@pytest.mark.parametrize(
    ("latent_slice", "words"),
    [
        ((8, 40), "latent_slice 8:40 reaches beyond the latent, which has 16 dimensions (0:16)"),
        ((-1, 4), "latent_slice -1:4 reaches beyond the latent"),
        ((4, 4), "latent_slice 4:4 is empty"),
        ((9, 4), "latent_slice 9:4 is empty"),
        ((0.0, 4), "latent_slice (0.0, 4) is not a pair of whole numbers"),
        ((1, 2, 3), "is not a pair of whole numbers"),
        ("0:4", "latent_slice '0:4' is not a pair of whole numbers"),
        (5, "latent_slice 5 is not a pair of whole numbers"),
    ],
)
@pytest.mark.parametrize("model", [SmallModel(), Autoencoder((1, 16, 16), LATENT_DIM, (4, 4))])
def test_a_slice_that_does_not_fit_is_refused_in_words(model, latent_slice, words):
    shape = getattr(model, "image_shape", (1, 12, 12))
    task = PersonsTask("mine", dataset(None, image_shape=shape), latent_slice=latent_slice)
    with pytest.raises(TaskError) as refusal:
        task.attach(model)
    assert words in str(refusal.value)
    assert task.head is None


@pytest.mark.parametrize("weight", [-5, float("nan"), float("inf"), "abc", None, True])
def test_a_weight_that_is_no_usable_number_is_refused(weight):
    with pytest.raises(TaskError, match="is not a finite number of 0 or more"):
        PersonsTask("mine", dataset(None), weight=weight).attach(SmallModel())


def test_a_slice_may_come_from_json_as_a_list():
    task = ClassificationTask("probe", dataset(), latent_slice=json.loads("[0, 3]"))
    task.attach(SmallModel())
    assert (linear_head(task).in_features, linear_head(task).out_features) == (3, 4)


@pytest.mark.parametrize(
    ("task_class", "kind", "model", "words"),
    [
        (KLDivergenceTask, None, SmallModel(), "needs a variational model, one that gives mu and"),
        (ClassificationTask, None, SmallModel(), 'with class labels, and "dots" has no targets'),
        (ClassificationTask, "float", SmallModel(), "with class labels"),
        (RegressionTask, "classes", SmallModel(), "with float targets"),
        (ReconstructionTask, None, EncoderOnly(), "a model with a decoder; EncoderOnly has none"),
        (
            ClassificationTask,
            "classes",
            ConvVAE(),
            "images of 1x12x12, and the model takes 1x32x32",
        ),
        (ReconstructionTask, None, SmallModel((3, 8, 8)), "the model does not take the images"),
    ],
)
def test_what_would_fail_later_is_refused_at_once(task_class, kind, model, words):
    data = dataset(kind)
    task = task_class("it", data)
    for refuse in (lambda: task.attach(model), lambda: task.check_compatible(model, data)):
        with pytest.raises(TaskError) as refusal:
            refuse()
        assert words in str(refusal.value)


def test_a_model_that_decodes_to_another_shape_is_refused():
    class Upside(SmallModel):
        def forward(self, images):
            output = super().forward(images)
            output[ModelOutput.RECONSTRUCTION] = output[ModelOutput.RECONSTRUCTION][..., :10]
            return output

    with pytest.raises(TaskError, match=r"reconstructs images of 1x12x10, and .* has 1x12x12"):
        ReconstructionTask("it", dataset(None)).attach(Upside())


def test_a_slice_that_reconstruction_would_not_heed_is_refused():
    with pytest.raises(TaskError, match="reads the whole latent through the decoder"):
        ReconstructionTask("it", dataset(None), latent_slice=(0, 4)).attach(SmallModel())


def test_a_head_that_cannot_be_built_names_class_and_cause():
    class Broken(PersonsTask):
        def _build_head(self, latent_dim):
            return 1 / 0

    class Odd(PersonsTask):
        def _build_head(self, latent_dim):
            return 3

    with pytest.raises(TaskError, match=r"Broken could not build its head .* ZeroDivisionError"):
        Broken("it", dataset(None)).attach(SmallModel())
    with pytest.raises(TaskError, match=r"Odd\._build_head returned int"):
        Odd("it", dataset(None)).attach(SmallModel())


def test_what_a_class_declares_to_require_is_checked_for_it():
    class Declares(PersonsTask):
        requires_target: ClassVar = "classes"

    with pytest.raises(TaskError, match="Declares needs a data set with class labels"):
        Declares("it", dataset(None)).attach(SmallModel())


@pytest.mark.parametrize("task_class", [KLDivergenceTask, ReconstructionTask, ClassificationTask])
def test_attaching_leaves_the_model_and_the_random_state_as_they_were(task_class):
    model = SmallVAE().train()
    model.encoder[2].eval()  # a part that stays frozen while the rest trains
    modes = [part.training for part in model.modules()]
    before, random_state = copy.deepcopy(model.state_dict()), torch.get_rng_state()
    task_class("it", dataset()).check_compatible(model, dataset())
    assert torch.equal(torch.get_rng_state(), random_state)
    assert [part.training for part in model.modules()] == modes
    for name, value in model.state_dict().items():
        assert torch.equal(value, before[name])


@pytest.mark.parametrize(
    ("task_class", "params", "words"),
    [
        (ReconstructionTask, {"loss": "psnr"}, 'loss \'psnr\' is unknown; it is "mse" or "l1"'),
        (ReconstructionTask, {"ssim_weight": -1}, "ssim_weight -1 is not a finite number"),
        (ReconstructionTask, {"ssim_weight": float("nan")}, "ssim_weight nan"),
        (KLDivergenceTask, {"warmup_steps": 2.5}, "warmup_steps 2.5 is not a whole number"),
        (KLDivergenceTask, {"warmup_steps": -1}, "warmup_steps -1 is not a whole number"),
    ],
)
def test_a_parameter_that_makes_no_sense_is_refused(task_class, params, words):
    with pytest.raises(TaskError) as refusal:
        task_class("it", dataset(None), **params)
    assert words in str(refusal.value)


def test_an_unattached_task_says_so():
    with pytest.raises(TaskError, match='task "it" is not attached'):
        ClassificationTask("it", dataset()).evaluate(SmallModel(), "cpu")
