"""Prints, as JSON, what this machine can train on.

Run as a short-lived process: asking for CUDA initialises it, and a worker that did
so before its fork could not use it afterwards.
"""

import json
import platform
import sys

import torch


def devices_found() -> list[str]:
    """Return the devices, the best first."""
    found = [f"cuda:{index}" for index in range(torch.cuda.device_count())]
    if torch.backends.mps.is_available():
        found.append("mps")
    return [*found, "cpu"]


def versions_found() -> dict[str, str]:
    """Return the versions that decide what a training run computes."""
    return {"python": platform.python_version(), "torch": torch.__version__}


if __name__ == "__main__":
    json.dump({"devices": devices_found(), "versions": versions_found()}, sys.stdout)
