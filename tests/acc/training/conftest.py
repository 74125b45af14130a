"""A small model, data that needs no file, and trainers made of them."""

from collections.abc import Callable

import pytest
import torch

from acc.conv_vae import ConvVAE
from acc.dataset import AccDataset
from acc.tasks.base import Task
from acc.tasks.classification import ClassificationTask
from acc.tasks.kl_divergence import KLDivergenceTask
from acc.tasks.reconstruction import ReconstructionTask
from acc.training.schedule import Schedule
from acc.training.trainer import Trainer, TrainerConfig


@pytest.fixture(scope="session")
def blobs() -> AccDataset:
    """Bright squares in one of four corners; the class says which."""
    generator = torch.Generator().manual_seed(3)
    corners = torch.randint(0, 4, (200,), generator=generator)
    images = torch.rand(200, 1, 16, 16, generator=generator) * 0.2
    for index, corner in enumerate(corners.tolist()):
        top, left = 8 * (corner // 2), 8 * (corner % 2)
        images[index, :, top : top + 8, left : left + 8] += 0.7
    return AccDataset(images, corners, name="blobs", target_type="classes", num_classes=4)


@pytest.fixture
def make_trainer(blobs: AccDataset) -> Callable[..., Trainer]:
    """Return a maker of trainers; equal seeds give equal trainers."""

    def make(
        *, seed: int = 0, schedule: Schedule = Schedule.JOINT, names: str = "recon kl digit"
    ) -> Trainer:
        torch.manual_seed(seed)
        model = ConvVAE(image_shape=(1, 16, 16), latent_dim=8)
        tasks: dict[str, Task] = {
            "recon": ReconstructionTask("recon", blobs),
            "kl": KLDivergenceTask("kl", blobs, weight=0.01, warmup_steps=20),
            "digit": ClassificationTask("digit", blobs, weight=0.5, latent_slice=(0, 4)),
        }
        chosen = [tasks[name] for name in names.split()]
        for task in chosen:
            task.attach(model)
        config = TrainerConfig(batch_size=32, schedule=schedule, seed=seed)
        return Trainer(model, chosen, config, torch.device("cpu"))

    return make
