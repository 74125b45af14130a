"""Measures a running job now and then, from the control thread: pace, time, machine."""

import time
from collections.abc import Callable
from typing import Any

import psutil
import torch

from acc.training.clock import StepClock
from trainer.models import Job
from trainer.services.figures import figures_store

SAMPLE_SECONDS = 2.0


class Meter:
    """Looks at a loop's clock and at its process; it costs the loop two readings of a clock."""

    def __init__(self, job: Job) -> None:
        """Begin before there is a loop."""
        self._job = job
        self._step: Callable[[], int] = lambda: 0
        self._clock: StepClock | None = None
        self._gpu: Callable[[], dict[str, float]] = dict
        self._process = psutil.Process()
        self._last = (0.0, 0, 0.0, 0.0)

    def follow(self, clock: StepClock, step: Callable[[], int], device: torch.device) -> None:
        """Measure a loop from now on."""
        self._step = step
        if device.type == "cuda":
            self._gpu = gpu_reader(device)
        self._process.cpu_percent()  # the first call only begins to count
        self._last = (time.monotonic(), step(), clock.data, clock.steps)
        self._clock = clock

    def look(self) -> None:
        """Store a sample, if the last one is old enough.

        Raises:
            FenceLostError: the job is no longer this worker's.
            django.db.Error: the database is away; this sample is lost.
        """
        if self._clock is None or time.monotonic() - self._last[0] < SAMPLE_SECONDS:
            return
        now = (time.monotonic(), self._step(), self._clock.data, self._clock.steps)
        seconds, steps, data, in_steps = (
            new - old for new, old in zip(now, self._last, strict=True)
        )
        self._last = now
        figures = {
            "steps_per_second": steps / seconds,
            "data_share": min(1.0, data / seconds),
            "compute_share": min(1.0, max(0.0, in_steps - data) / seconds),
            "waiting_share": max(0.0, 1 - in_steps / seconds),
            "process_cpu": self._process.cpu_percent(),
            "process_bytes": float(self._process.memory_info().rss),
            **self._gpu(),
        }
        if steps:
            figures["eta_seconds"] = (self._job.total_steps - now[1]) * seconds / steps
        figures_store(job=self._job, at=time.time(), step=now[1], figures=figures)


def gpu_reader(device: torch.device) -> Callable[[], dict[str, float]]:
    """Return what reads how busy a GPU is, 0 to 1, and its memory in use, of all processes."""
    import pynvml  # late: only where there is an NVIDIA GPU

    nvml: Any = pynvml
    nvml.nvmlInit()
    # By its unique name: CUDA_VISIBLE_DEVICES renumbers devices for torch and not for NVML.
    uuid = str(torch.cuda.get_device_properties(device).uuid)
    handle = nvml.nvmlDeviceGetHandleByUUID(uuid if uuid.startswith("GPU-") else f"GPU-{uuid}")

    def read() -> dict[str, float]:
        return {
            "device_busy": nvml.nvmlDeviceGetUtilizationRates(handle).gpu / 100,
            "device_bytes": float(nvml.nvmlDeviceGetMemoryInfo(handle).used),
        }

    return read
