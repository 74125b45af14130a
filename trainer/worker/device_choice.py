"""The device that a piece of work runs on."""

import torch
from django.conf import settings


def device_choose(wanted: str) -> torch.device:
    """Return the wanted device, else the configured one, else the best there is.

    Raises:
        ValueError: the wanted device is not there.
    """
    name = wanted or settings.ACC_DEVICE
    if not name:
        if torch.cuda.is_available():
            return torch.device("cuda", 0)
        return torch.device("mps" if torch.backends.mps.is_available() else "cpu")
    if not device_is_here(name):
        raise ValueError(f"device {name} is not on this machine; choose another one")
    return torch.device(name)


def device_is_here(name: str) -> bool:
    """Return whether this machine has a device."""
    device = torch.device(name)
    there = {
        "cuda": torch.cuda.is_available() and (device.index or 0) < torch.cuda.device_count(),
        "mps": torch.backends.mps.is_available(),
        "cpu": True,
    }
    return there.get(device.type, False)
