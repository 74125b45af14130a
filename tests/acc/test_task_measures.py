"""Losses and metrics of the built-in tasks, against independent implementations."""

import copy

import numpy as np
import pytest
import torch
from sklearn.metrics import accuracy_score, mean_absolute_error
from torch import nn
from torch.distributions import Normal, kl_divergence

from acc.autoencoder import Autoencoder
from acc.conv_vae import ConvVAE
from acc.dataset import AccDataset
from acc.evaluation.metrics import psnr_per_image, ssim_per_image
from acc.factor_slot_autoencoder import FactorSlotAutoencoder
from acc.model_output import ModelOutput
from acc.tasks.base import TaskError
from acc.tasks.classification import ClassificationTask
from acc.tasks.kl_divergence import KLDivergenceTask, kl_to_standard_normal
from acc.tasks.reconstruction import ReconstructionTask
from acc.tasks.regression import RegressionTask
from tests.acc.small_models import SmallModel, SmallVAE, dataset, linear_head


@pytest.fixture(autouse=True)
def _seeded():
    torch.manual_seed(3)


@pytest.mark.parametrize("shape", [(1, 1), (7, 3), (64, 32)])
def test_kl_agrees_with_torch_distributions(shape):
    mu, logvar = torch.randn(shape), torch.randn(shape)
    expected = kl_divergence(Normal(mu, (0.5 * logvar).exp()), Normal(0.0, 1.0)).sum(dim=1)
    torch.testing.assert_close(kl_to_standard_normal(mu, logvar), expected, rtol=1e-5, atol=1e-5)


def test_the_standard_normal_itself_has_no_kl():
    assert kl_to_standard_normal(torch.zeros(4, 5), torch.zeros(4, 5)).tolist() == [0, 0, 0, 0]


def test_kl_of_two_shapes_is_refused():
    with pytest.raises(ValueError, match=r"mu has the shape \(4, 5\) and logvar \(1, 5\)"):
        kl_to_standard_normal(torch.zeros(4, 5), torch.zeros(1, 5))


def test_the_kl_task_reads_its_slice_alone():
    data, model = dataset(None), SmallVAE().eval()
    task = KLDivergenceTask("kl", data, latent_slice=(3, 7))
    task.attach(model)
    output = model(data.images[:32])
    posterior = Normal(
        output[ModelOutput.MU][:, 3:7], (0.5 * output[ModelOutput.LOGVAR][:, 3:7]).exp()
    )
    expected = kl_divergence(posterior, Normal(0.0, 1.0)).sum(dim=1).mean()
    torch.testing.assert_close(task.compute_loss(output, (data.images[:32],)), expected)


def test_the_kl_warm_up_goes_on_where_a_checkpoint_left_it():
    data, model = dataset(None), SmallVAE()
    output = model(data.images[:8])
    plain = KLDivergenceTask("kl", data).compute_loss(output, (data.images[:8],)).item()
    first = KLDivergenceTask("kl", data, warmup_steps=4)
    shares = [first.compute_loss(output, ()).item() / plain for _ in range(2)]
    second = KLDivergenceTask("kl", data, warmup_steps=4)
    second.load_checkpoint_state(first.checkpoint_state())
    shares += [second.compute_loss(output, ()).item() / plain for _ in range(4)]
    assert shares == pytest.approx([0.25, 0.5, 0.75, 1, 1, 1])


def test_looking_at_the_loss_without_gradients_is_no_warm_up_step():
    task = KLDivergenceTask("kl", dataset(None), warmup_steps=4)
    with torch.no_grad():
        task.compute_loss(SmallVAE()(dataset(None).images[:8]), ())
    assert task.checkpoint_state() == {"steps_seen": 0}


def test_the_kl_task_tells_dead_dimensions_from_active_ones():
    model = SmallVAE()
    for layer in (model.mu, model.logvar):
        nn.init.zeros_(layer.weight)
        nn.init.zeros_(layer.bias)
    model.mu.bias.data[:4] = 1.0  # KL of 1/2 nat each
    task = KLDivergenceTask("kl", dataset(None))
    task.attach(model)
    assert task.evaluate(model, "cpu") == pytest.approx({"kl": 2.0, "active_fraction": 0.25})


def _eval_output(
    model: nn.Module, data: AccDataset
) -> tuple[dict[str, torch.Tensor], torch.Tensor, torch.Tensor]:
    """Run the whole evaluation split at once, past all loaders."""
    images = data.images[data.eval_indices]
    targets = data.targets[data.eval_indices] if data.targets is not None else images
    with torch.no_grad():
        return copy.deepcopy(model).eval()(images), images, targets


def test_accuracy_agrees_with_scikit_learn():
    data, model = dataset("classes", count=2300), SmallModel()  # an eval split of unequal batches
    task = ClassificationTask("probe", data, latent_slice=(0, 9))
    task.attach(model)
    output, _, targets = _eval_output(model, data)
    predicted = linear_head(task)(output[ModelOutput.LATENT][:, :9]).argmax(dim=1)
    accuracy = task.evaluate(model, "cpu")["accuracy"]
    assert data.eval_size % 256 != 0
    assert accuracy == pytest.approx(accuracy_score(targets, predicted), abs=1e-6)


def test_mae_agrees_with_scikit_learn():
    data, model = dataset("float", count=2300), SmallModel()
    task = RegressionTask("factor", data)
    task.attach(model)
    output, _, targets = _eval_output(model, data)
    predicted = linear_head(task)(output[ModelOutput.LATENT]).detach()
    assert linear_head(task).out_features == 2
    assert task.evaluate(model, "cpu")["mae"] == pytest.approx(
        mean_absolute_error(targets, predicted), abs=1e-5
    )


def test_reconstruction_metrics_agree_with_numpy_over_images_not_batches():
    data, model = dataset(None, count=2300), SmallModel()
    task = ReconstructionTask("recon", data)
    task.attach(model)
    output, images, _ = _eval_output(model, data)
    difference = (output[ModelOutput.RECONSTRUCTION] - images).numpy().astype(np.float64)
    errors = (difference**2).mean(axis=(1, 2, 3))
    measured = task.evaluate(model, "cpu")
    assert measured["l1"] == pytest.approx(np.abs(difference).mean(), abs=1e-5)
    assert measured["psnr"] == pytest.approx((-10 * np.log10(errors)).mean(), abs=1e-5)


def _ssim_in_numpy(first: np.ndarray, second: np.ndarray) -> float:
    """Structural similarity of two [H, W] images by the paper's formula, window by window."""
    height, width = first.shape
    first, second = (np.pad(image, 5, mode="reflect") for image in (first, second))
    offsets = np.arange(11) - 5
    bell = np.exp(-(offsets**2) / (2 * 1.5**2))
    window = np.outer(bell, bell) / bell.sum() ** 2
    values = []
    for top in range(height):
        for left in range(width):
            a, b = (image[top : top + 11, left : left + 11] for image in (first, second))
            mean_a, mean_b = (window * a).sum(), (window * b).sum()
            variance_a = (window * a * a).sum() - mean_a**2
            variance_b = (window * b * b).sum() - mean_b**2
            covariance = (window * a * b).sum() - mean_a * mean_b
            light = (2 * mean_a * mean_b + 1e-4) / (mean_a**2 + mean_b**2 + 1e-4)
            values.append(light * (2 * covariance + 9e-4) / (variance_a + variance_b + 9e-4))
    return float(np.mean(values))


def test_ssim_agrees_with_the_formula_in_numpy():
    images = torch.rand(2, 1, 28, 28)
    others = (images + 0.2 * torch.randn_like(images)).clamp(0, 1)
    expected = [
        _ssim_in_numpy(a[0].numpy().astype(float), b[0].numpy().astype(float))
        for a, b in zip(images, others, strict=True)
    ]
    assert ssim_per_image(images, others).tolist() == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize("side", [2, 3, 4, 5, 6, 8, 11, 28, 32])
def test_images_of_every_size_have_an_ssim(side):
    images = torch.rand(2, 3, side, side)
    assert ssim_per_image(images, images).tolist() == pytest.approx([1, 1])
    assert (ssim_per_image(images, 1 - images) < 0.5).all()


def test_a_batch_of_one_gives_one_value():
    images = torch.rand(1, 1, 8, 8)
    assert ssim_per_image(images, images).shape == psnr_per_image(images, images).shape == (1,)


def test_an_image_met_exactly_counts_as_100_db():
    images = torch.rand(2, 1, 8, 8)
    assert psnr_per_image(images, images).tolist() == [100, 100]


def test_an_image_too_small_for_ssim_is_refused_when_the_task_attaches():
    data = dataset(None, image_shape=(1, 1, 8))
    with pytest.raises(TaskError, match="images of 1x1x8 are too small"):
        ReconstructionTask("recon", data).attach(SmallModel((1, 1, 8)))
    with pytest.raises(ValueError, match="side of 1"):
        ssim_per_image(data.images, data.images)


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({}, lambda a, b: ((a - b) ** 2).mean()),
        ({"loss": "l1"}, lambda a, b: (a - b).abs().mean()),
        (
            {"ssim_weight": 0.5},
            lambda a, b: ((a - b) ** 2).mean() + 0.5 * (1 - ssim_per_image(a, b).mean()),
        ),
    ],
)
def test_the_reconstruction_loss_is_what_its_parameters_say(params, expected):
    data, model = dataset(None), SmallModel()
    task = ReconstructionTask("recon", data, **params)
    task.attach(model)
    images = data.images[:16]
    output = model(images)
    loss = task.compute_loss(output, (images,))
    torch.testing.assert_close(loss, expected(output[ModelOutput.RECONSTRUCTION], images))
    loss.backward()
    assert all(part.grad is not None for part in model.decoder.parameters())


def test_a_loss_of_another_unit_has_no_bounds_meant_for_pixels():
    assert ReconstructionTask("a", dataset(None)).loss_bounds is not None
    assert ReconstructionTask("b", dataset(None), ssim_weight=0.5).loss_bounds is None


@pytest.mark.parametrize(
    ("task_class", "kind"),
    [
        (ClassificationTask, "classes"),
        (RegressionTask, "float"),
        (ReconstructionTask, None),
        (KLDivergenceTask, None),
    ],
)
def test_evaluating_disturbs_nothing(task_class, kind):
    model = SmallVAE().train()
    model.encoder[2].eval()
    task = task_class("it", dataset(kind))
    task.attach(model)
    modules = [*model.modules(), *(linear_head(task).modules() if task.head else ())]
    modes = [part.training for part in modules]
    before, random_state = copy.deepcopy(model.state_dict()), torch.get_rng_state()
    first = task.evaluate(model, "cpu")
    assert torch.equal(torch.get_rng_state(), random_state)
    assert [part.training for part in modules] == modes
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
    assert task.evaluate(model, "cpu") == first
    assert {metric.name for metric in task.metrics} <= set(first)


def test_an_empty_evaluation_split_is_named():
    data = dataset(None, name="all-train")
    data.eval_indices = data.eval_indices[:0]
    task = ReconstructionTask("recon", data)
    task.attach(SmallModel())
    with pytest.raises(TaskError, match='"all-train" has no evaluation images'):
        task.evaluate(SmallModel(), "cpu")


@pytest.mark.parametrize("model_class", [Autoencoder, ConvVAE, FactorSlotAutoencoder])
def test_the_tasks_train_and_measure_every_built_in_model(model_class):
    model = model_class()
    shape = model.image_shape
    tasks = [
        ReconstructionTask("recon", dataset(None, count=40, image_shape=shape)),
        ClassificationTask("probe", dataset("classes", count=40, image_shape=shape)),
        RegressionTask("factor", dataset("float", count=40, image_shape=shape)),
    ]
    if model.is_vae:
        tasks.append(KLDivergenceTask("kl", dataset(None, count=40, image_shape=shape)))
    for task in tasks:
        task.attach(model)
        batch = next(iter(task.dataset.train_loader(16)))
        task.compute_loss(model(batch[0]), batch).backward()
        assert all(np.isfinite(value) for value in task.evaluate(model, "cpu").values())


def test_importing_the_tasks_brings_no_torchmetrics(run_python):
    code = "import sys, acc.tasks.reconstruction; print('torchmetrics' in sys.modules)"
    assert run_python(code) == "False"


@pytest.fixture
def run_python():
    """Run code in a process of its own, and give what it printed."""
    import subprocess
    import sys

    def run(code: str) -> str:
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True
        )
        return done.stdout.strip()

    return run
