"""What tasks measure, against scikit-image and scikit-learn, which compute it in their own ways."""

from __future__ import annotations

import copy

import numpy as np
import pytest
import torch
from skimage.metrics import peak_signal_noise_ratio, structural_similarity
from sklearn.metrics import accuracy_score, log_loss, mean_absolute_error, mean_squared_error
from torch import nn
from torch.distributions import Normal, kl_divergence

from acc.conv_vae import ConvVAE
from acc.dataset import AccDataset
from acc.datasets.builtin import load_builtin
from acc.evaluation.metrics import l1_per_image, psnr_per_image, ssim_per_image
from acc.model_output import ModelOutput
from acc.tasks.classification import ClassificationTask
from acc.tasks.kl_divergence import ACTIVE_KL_NATS, KLDivergenceTask
from acc.tasks.reconstruction import ReconstructionTask
from acc.tasks.regression import RegressionTask
from tests.acc.small_models import SmallModel, dataset, linear_head

CLOSE = 1e-5


@pytest.fixture(autouse=True)
def _seeded():
    torch.manual_seed(11)


def noisy(images_BCHW: torch.Tensor, amount: float) -> torch.Tensor:
    return (images_BCHW + amount * torch.randn_like(images_BCHW)).clamp(0, 1)


def in_numpy(images_BCHW: torch.Tensor) -> np.ndarray:
    """Return images as scikit-image takes them: [B, H, W, C], in double precision."""
    return images_BCHW.permute(0, 2, 3, 1).double().numpy()


def ssim_of(image_HWC: np.ndarray, original_HWC: np.ndarray, sigma: float = 1.5) -> float:
    """Structural similarity by scikit-image with our parameters.

    It leaves out a window's radius at each edge. So mirrored edges are added first, and what it
    leaves out are those: the mean is over the pixels that the image has, as ours is.
    """
    radius = int(3.5 * sigma + 0.5)
    edges = ((radius, radius), (radius, radius), (0, 0))
    mirrored = [np.pad(image, edges, mode="reflect") for image in (image_HWC, original_HWC)]
    return float(
        structural_similarity(
            *mirrored,
            data_range=1.0,
            gaussian_weights=True,
            sigma=sigma,
            use_sample_covariance=False,
            channel_axis=2,
        )
    )


def psnr_of(image: np.ndarray, original: np.ndarray) -> float:
    return float(peak_signal_noise_ratio(original, image, data_range=1.0))


@pytest.fixture(scope="module")
def digits(tmp_path_factory) -> AccDataset:
    """Real handwritten digits."""
    return load_builtin("digits", image_size=32, data_dir=tmp_path_factory.mktemp("data"))


@pytest.mark.parametrize("shape", [(1, 28, 28), (1, 32, 32), (3, 32, 32), (3, 17, 40)])
@pytest.mark.parametrize("amount", [0.02, 0.2, 0.8])
def test_psnr_ssim_and_l1_of_each_image_agree_with_scikit_image(shape, amount):
    originals = torch.rand(5, *shape)
    images = noisy(originals, amount)
    pairs = list(zip(in_numpy(images), in_numpy(originals), strict=True))
    psnr = psnr_per_image(images, originals).tolist()
    assert psnr == pytest.approx([psnr_of(*pair) for pair in pairs], abs=CLOSE)
    ssim = ssim_per_image(images, originals).tolist()
    assert ssim == pytest.approx([ssim_of(*pair) for pair in pairs], abs=CLOSE)
    l1 = l1_per_image(images, originals).tolist()
    expected = [mean_absolute_error(a.ravel(), b.ravel()) for a, b in pairs]
    assert l1 == pytest.approx(expected, abs=CLOSE)


@pytest.mark.parametrize("side", [2, 3, 4, 5])
def test_ssim_of_images_too_small_for_the_usual_window_agrees_too(side):
    # In double precision: of so few pixels, float32's rounding alone may be 2e-5.
    originals = torch.rand(4, 1, side, side, dtype=torch.float64)
    images = noisy(originals, 0.3)
    pairs = zip(in_numpy(images), in_numpy(originals), strict=True)
    expected = [ssim_of(*pair, sigma=(side - 1) / 3.5) for pair in pairs]
    assert ssim_per_image(images, originals).tolist() == pytest.approx(expected, abs=CLOSE)


def held_out(model: nn.Module, data: AccDataset) -> tuple[dict, torch.Tensor]:
    """Run the whole evaluation split through a copy of the model at once; with its targets."""
    batch = data.batch(data.eval_indices)
    with torch.no_grad():
        output = copy.deepcopy(model).eval()(batch[0])
    return {**output, "images": batch[0]}, batch[-1]


@pytest.mark.parametrize("trained_steps", [0, 25])
def test_what_is_said_of_reconstructed_digits_agrees_with_both(digits, trained_steps):
    model = ConvVAE(latent_dim=8)
    task = ReconstructionTask("recon", digits)
    task.attach(model)
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    batches = iter(digits.train_loader(32))
    for _ in range(trained_steps):
        batch = next(batches)
        optimizer.zero_grad()
        task.compute_loss(model(batch[0]), batch).backward()
        optimizer.step()
    output, _ = held_out(model, digits)
    pairs = list(
        zip(in_numpy(output[ModelOutput.RECONSTRUCTION]), in_numpy(output["images"]), strict=True)
    )
    assert len(pairs) == digits.eval_size
    measured = task.evaluate(model, "cpu")
    assert measured == pytest.approx(
        {
            "l1": np.mean([mean_absolute_error(a.ravel(), b.ravel()) for a, b in pairs]),
            "psnr": np.mean([psnr_of(*pair) for pair in pairs]),
            "ssim": np.mean([ssim_of(*pair) for pair in pairs]),
        },
        abs=CLOSE,
    )


def test_accuracy_and_cross_entropy_on_digits_agree_with_scikit_learn(digits):
    model = ConvVAE(latent_dim=8)
    task = ClassificationTask("digit", digits)
    task.attach(model)
    output, classes = held_out(model, digits)
    logits = linear_head(task)(output[ModelOutput.LATENT]).detach()
    accuracy = task.evaluate(model, "cpu")["accuracy"]
    assert accuracy == pytest.approx(accuracy_score(classes, logits.argmax(dim=1)), abs=CLOSE)
    loss = task.compute_loss(output, (output["images"], classes)).item()
    shares = torch.softmax(logits.double(), dim=1).numpy()
    assert loss == pytest.approx(log_loss(classes, shares, labels=range(10)), abs=CLOSE)


def test_errors_of_several_targets_agree_with_scikit_learn():
    data, model = dataset("float", count=2300), SmallModel()
    task = RegressionTask("factor", data, latent_slice=(2, 11))
    task.attach(model)
    output, targets = held_out(model, data)
    predicted = linear_head(task)(output[ModelOutput.LATENT][:, 2:11]).detach()
    measured = task.evaluate(model, "cpu")["mae"]
    assert measured == pytest.approx(mean_absolute_error(targets, predicted), abs=CLOSE)
    loss = task.compute_loss(output, (output["images"], targets)).item()
    assert loss == pytest.approx(mean_squared_error(targets, predicted), abs=CLOSE)


def test_kl_and_active_dimensions_on_digits_agree_with_torchs_distributions(digits):
    model = ConvVAE(latent_dim=8)
    with torch.no_grad():  # else no dimension of an untrained model says anything
        for parameter in model.parameters():
            parameter.mul_(1.5)
    task = KLDivergenceTask("kl", digits, latent_slice=(1, 7))
    task.attach(model)
    output, _ = held_out(model, digits)
    mu, logvar = (output[kind][:, 1:7] for kind in (ModelOutput.MU, ModelOutput.LOGVAR))
    kl_D = kl_divergence(Normal(mu, (0.5 * logvar).exp()), Normal(0.0, 1.0)).mean(dim=0)
    measured = task.evaluate(model, "cpu")
    assert measured["kl"] == pytest.approx(kl_D.sum().item(), rel=CLOSE)
    active = (kl_D > ACTIVE_KL_NATS).double().mean().item()
    assert measured["active_fraction"] == pytest.approx(active)
