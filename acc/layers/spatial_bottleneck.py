"""A Gaussian bottleneck in which every place of a feature map has its say."""

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

from acc.layers.gaussian import bound_logvar


class SpatialBottleneck(nn.Module):
    """Join what each place of a map [B, C, h, w] says into one posterior of the latent [B, D].

    Each of the h * w places is an expert: its own linear layer reads the place's C channels and
    gives a mean m_i and a precision t_i for each coordinate. The posterior is the product of these
    Gaussians and of the prior N(0, 1):

        precision = 1 + sum_i t_i,    mu = sum_i t_i m_i / precision

    so that a place where a factor cannot be seen abstains (t_i near 0) and a map that says nothing
    gives back the prior. Products of experts as posteriors: Wu and Goodman, "Multimodal Generative
    Models for Scalable Weakly-Supervised Learning", 2018, arXiv:1802.05335.
    """

    def __init__(self, channels: int, place_count: int, latent_dim: int) -> None:
        super().__init__()
        bound = 1 / math.sqrt(channels)
        weight = torch.empty(place_count, channels, 2 * latent_dim).uniform_(-bound, bound)
        # Experts that agree by chance shrink the mean by the square root of their number.
        weight[..., :latent_dim] *= math.sqrt(place_count)
        self.weight = nn.Parameter(weight)
        self.bias = nn.Parameter(torch.zeros(place_count, 1, 2 * latent_dim))

    def forward(self, map_BChw: Tensor) -> tuple[Tensor, Tensor]:
        """Return (mu, logvar), each [B, D]; logvar is at most 0, the prior's."""
        places_PBC = map_BChw.flatten(2).permute(2, 0, 1)
        votes_PB2D = torch.baddbmm(self.bias, places_PBC, self.weight)
        mean_PBD, raw_PBD = votes_PB2D.chunk(2, dim=-1)
        precision_PBD = functional.softplus(raw_PBD)
        precision_BD = 1 + precision_PBD.sum(dim=0)
        mu_BD = (precision_PBD * mean_PBD).sum(dim=0) / precision_BD
        return mu_BD, bound_logvar(-torch.log(precision_BD))
