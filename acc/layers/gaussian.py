"""Gaussian posteriors: their bounds, and how to sample them so that gradients pass."""

import torch
from torch import Tensor

# exp(10) is far from overflow in float32, and exp(-10) is sharper than 8-bit pixels can tell.
_LOGVAR_BOUND = 10.0


def bound_logvar(logvar: Tensor) -> Tensor:
    """Return `logvar` smoothly held inside (-10, 10); near 0 it is hardly changed.

    Without a bound one odd batch makes exp(logvar) infinite; a hard clamp would end the gradient.
    """
    return _LOGVAR_BOUND * torch.tanh(logvar / _LOGVAR_BOUND)


def reparametrise(mu: Tensor, logvar: Tensor) -> Tensor:
    """Return a sample of N(mu, exp(logvar)), drawn with torch's global random numbers.

    The sample is mu + sigma * epsilon with epsilon from N(0, 1), so that gradients reach mu and
    logvar: Kingma and Welling, "Auto-Encoding Variational Bayes", 2013, arXiv:1312.6114.

    Args:
        mu: means, any shape.
        logvar: natural logarithms of the variances, the same shape.
    """
    return mu + torch.exp(0.5 * logvar) * torch.randn_like(mu)
