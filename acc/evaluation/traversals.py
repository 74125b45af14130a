"""What a latent holds: its active units, and what the decoder makes of going along it.

B or N images, D latent coordinates, S seeds, T steps; everything float32 on the CPU unless said.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from acc.autoencoder import BaseAutoencoder
from acc.dataset import AccDataset
from acc.evaluation.tasks import undisturbed
from acc.factor_group import FactorGroup
from acc.model_output import ModelOutput
from acc.tasks.errors import TaskError
from acc.tasks.model_probe import run_model

BATCH = 256
# Of the latent's own standard deviations, to both sides of its mean.
REACH = 2.0
# A unit whose mean varies less over images than this says nothing of them: Burda, Grosse and
# Salakhutdinov, "Importance weighted autoencoders", 2015, arXiv:1509.00519, section 4.1.
ACTIVE_VARIANCE = 0.01
# Without a prior nothing says how large a latent is: compared with its largest unit.
ACTIVE_SHARE = 1e-4
SAMPLE_SEED = 0


@dataclass(frozen=True)
class LatentCode:
    """Where a model puts images.

    Attributes:
        mu_ND: the latent of each image; of a VAE its posterior's mean.
        logvar_ND: natural logarithms of the posterior's variances; None where there are none.
    """

    mu_ND: Tensor
    logvar_ND: Tensor | None


@dataclass(frozen=True)
class Unit:
    """One coordinate of the latent: how much it says of the images.

    Attributes:
        variance: of its mean over the images.
        kl_nats: mean distance of its posterior from the standard normal; None without a posterior.
    """

    index: int
    variance: float
    kl_nats: float | None
    is_dead: bool


@dataclass(frozen=True)
class Traversal:
    """What the decoder makes of going along one direction of the latent.

    Attributes:
        images_STCHW: a row for each seed, a column for each step from `low` to `high`.
        low: where the way begins, in standard deviations times their size, relative to the mean.
    """

    images_STCHW: Tensor
    low: float
    high: float


@dataclass(frozen=True)
class Plane:
    """Images as points of the plane in which their latents differ most.

    Attributes:
        points_N2: float32, centred.
        shares: of the latent's variance, along each of the two directions.
    """

    points_N2: Tensor
    shares: tuple[float, float]


def groups_of(model: BaseAutoencoder) -> tuple[FactorGroup, ...]:
    """Return a model's factor groups; where it names none, the whole latent as one."""
    return model.factor_groups or (FactorGroup("latent", 0, model.latent_dim),)


def encode_images(
    model: BaseAutoencoder, dataset: AccDataset, indices_N: Tensor, device: torch.device | str
) -> LatentCode:
    """Return where a model puts images of a data set; the model stays as it was.

    Raises:
        TaskError: the model gives no latent.
    """
    mus, logvars = [], []
    with undisturbed(model), torch.inference_mode():
        for indices_B in torch.split(indices_N, BATCH):
            output = run_model(model, dataset.batch(indices_B)[0].to(device), decode=False)
            latent = output.get(ModelOutput.MU, output.get(ModelOutput.LATENT))
            if latent is None:
                raise TaskError(f"{type(model).__name__} gives no latent to look at")
            mus.append(latent.float().cpu())
            if ModelOutput.LOGVAR in output:
                logvars.append(output[ModelOutput.LOGVAR].float().cpu())
    return LatentCode(torch.cat(mus), torch.cat(logvars) if logvars else None)


def units_of(code: LatentCode) -> list[Unit]:
    """Return every unit of a latent, the one that says most first.

    By their distance from the prior where there is one, else by their variance.
    """
    variance_D = code.mu_ND.var(dim=0, correction=0)
    if code.logvar_ND is None:
        least = ACTIVE_SHARE * float(variance_D.max())
        ranked_D, kl_D = variance_D, None
    else:
        # KL(N(mu, sigma^2) || N(0, 1)) of one coordinate: Kingma and Welling, 2013, appendix B.
        squares_ND = code.mu_ND.square() + code.logvar_ND.exp() - code.logvar_ND - 1
        kl_D = 0.5 * squares_ND.mean(dim=0)
        least, ranked_D = ACTIVE_VARIANCE, kl_D
    return [
        Unit(
            index=index,
            variance=float(variance_D[index]),
            kl_nats=None if kl_D is None else float(kl_D[index]),
            is_dead=not float(variance_D[index]) > least,
        )
        for index in ranked_D.argsort(descending=True).tolist()
    ]


def traverse_group(
    model: BaseAutoencoder, code: LatentCode, seeds_SD: Tensor, group: FactorGroup, step_count: int
) -> Traversal:
    """Go through a group along the direction in which it differs most over the images.

    Each seed keeps what it has in other groups, and across that direction; the way leads from
    two standard deviations below the images' mean to two above.

    Args:
        seeds_SD: latents to begin at.
    """
    part_Nd = code.mu_ND[:, group.slice]
    direction_D = torch.zeros(code.mu_ND.shape[1])
    direction_D[group.slice] = _directions(part_Nd, 1)[0]
    return _go(model, code, seeds_SD, direction_D, step_count)


def traverse_units(
    model: BaseAutoencoder, code: LatentCode, seed_D: Tensor, units: list[int], step_count: int
) -> Tensor:
    """Return what becomes of one image along each unit, [U, T, C, H, W]; ranges as of groups."""
    rows = []
    for unit in units:
        direction_D = torch.zeros(code.mu_ND.shape[1])
        direction_D[unit] = 1.0
        rows.append(_go(model, code, seed_D[None], direction_D, step_count).images_STCHW[0])
    return torch.stack(rows)


def sample_images(model: BaseAutoencoder, code: LatentCode, count: int) -> Tensor:
    """Return images of latents that nobody encoded, [count, C, H, W], the same ones each time.

    Of a VAE they are drawn from its prior, the standard normal; of another model from a normal
    distribution with the mean and the covariance of the images' own latents.
    """
    generator = torch.Generator().manual_seed(SAMPLE_SEED)
    noise_BD = torch.randn(count, code.mu_ND.shape[1], generator=generator)
    if code.logvar_ND is not None:
        return _decode(model, noise_BD)
    centred_ND = code.mu_ND - code.mu_ND.mean(dim=0)
    _, sizes_R, ways_RD = torch.linalg.svd(centred_ND, full_matrices=False)
    spread_R = sizes_R / max(1, len(centred_ND) - 1) ** 0.5
    spread_BD = (noise_BD[:, : len(spread_R)] * spread_R) @ ways_RD
    return _decode(model, code.mu_ND.mean(dim=0) + spread_BD)


def plane_of(code: LatentCode) -> Plane:
    """Return images on the plane of their latents' two principal components."""
    centred_ND = code.mu_ND - code.mu_ND.mean(dim=0)
    ways_2D = _directions(code.mu_ND, 2)
    points_N2 = centred_ND @ ways_2D.T
    whole = float(centred_ND.square().sum()) or 1.0
    one, other = (points_N2.square().sum(dim=0) / whole).tolist()
    return Plane(points_N2, (one, other))


def _directions(code_ND: Tensor, count: int) -> Tensor:
    """Return principal directions, [count, D]; each with its largest part positive.

    Where the latent has fewer than `count`, the others are zero.
    """
    centred_ND = code_ND - code_ND.mean(dim=0)
    ways_RD = torch.linalg.svd(centred_ND, full_matrices=False)[2][:count]
    largest_R = ways_RD.gather(1, ways_RD.abs().argmax(dim=1, keepdim=True))
    ways_RD = ways_RD * torch.where(largest_R < 0, -1.0, 1.0)
    return nn.functional.pad(ways_RD, (0, 0, 0, count - len(ways_RD)))


def _go(
    model: BaseAutoencoder,
    code: LatentCode,
    seeds_SD: Tensor,
    direction_D: Tensor,
    step_count: int,
) -> Traversal:
    mean_D = code.mu_ND.mean(dim=0)
    places_N = (code.mu_ND - mean_D) @ direction_D
    reach = REACH * float(places_N.std(correction=0))
    wanted_T = torch.linspace(-reach, reach, step_count)
    own_S = (seeds_SD - mean_D) @ direction_D
    moved_STD = seeds_SD[:, None] + (wanted_T - own_S[:, None])[:, :, None] * direction_D
    images = _decode(model, moved_STD.flatten(0, 1))
    shape = (len(seeds_SD), step_count, *images.shape[1:])
    return Traversal(images.reshape(shape), -reach, reach)


def _decode(model: BaseAutoencoder, latent_BD: Tensor) -> Tensor:
    """Return the images of latents in eval mode; the model stays as it was."""
    device = next(model.parameters()).device
    with undisturbed(model), torch.inference_mode():
        parts = [
            model.decode(part.to(device)).float().cpu() for part in torch.split(latent_BD, BATCH)
        ]
    return torch.cat(parts)
