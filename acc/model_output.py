"""The names of the tensors that a model's forward pass returns."""

from enum import StrEnum


class ModelOutput(StrEnum):
    """Keys of the dictionary that every model returns (B batch, D latent, C H W image).

    A model leaves out what it does not have: a plain autoencoder gives no MU, and
    nothing gives a RECONSTRUCTION when it was told not to decode.
    """

    LATENT = "latent"
    """[B, D] float32; for a VAE the sampled code in training mode, mu in evaluation mode."""

    RECONSTRUCTION = "reconstruction"
    """[B, C, H, W] float32 in [0, 1]."""

    MU = "mu"
    """[B, D] float32, means of the posterior; VAEs only."""

    LOGVAR = "logvar"
    """[B, D] float32, natural logarithms of the posterior's variances; VAEs only."""

    FACTORS = "factors"
    """A dictionary from a group's name to its part of LATENT, [B, d]; factor models only."""
