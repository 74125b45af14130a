"""Measures a running job now and then, from the control thread: pace, time, machine."""

import contextlib
import logging
import time
from collections.abc import Callable
from typing import Any, Protocol

import psutil
import torch

from acc.training.clock import StepClock
from trainer.models import Job
from trainer.services.figures import figures_store
from trainer.services.jobs import job_trouble

logger = logging.getLogger("acc.worker")

SAMPLE_SECONDS = 2.0


class MeasuredLoop(Protocol):
    """What is measured of a trainer."""

    clock: StepClock
    step_count: int

    @property
    def unfollowed_steps(self) -> int:
        """How many steps changed no weight, as a gradient was not finite."""
        ...


class Meter:
    """Looks at a loop's clock and at its process; it costs the loop two readings of a clock."""

    def __init__(self, job: Job) -> None:
        """Begin before there is a loop."""
        self._job = job
        self._loop: MeasuredLoop | None = None
        self._gpu: Callable[[], dict[str, float]] = dict
        self._process = psutil.Process()
        self._last = (0.0, 0, 0.0, 0.0)
        self._tell_from = 1

    def follow(self, loop: MeasuredLoop, device: torch.device) -> None:
        """Measure a loop from now on."""
        if device.type == "cuda":
            self._gpu = gpu_reader(device)
        self._process.cpu_percent()  # the first call only begins to count
        self._last = _reading(loop)
        self._loop = loop

    def look(self) -> None:
        """Store a sample, if the last one is old enough.

        Raises:
            FenceLostError: the job is no longer this worker's.
            django.db.Error: the database is away; this sample is lost.
        """
        loop = self._loop
        if loop is None or time.monotonic() - self._last[0] < SAMPLE_SECONDS:
            return
        now = _reading(loop)
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
        self._tell_unfollowed(loop.unfollowed_steps, step=now[1])

    def _tell_unfollowed(self, count: int, *, step: int) -> None:
        """Record that steps changed no weight; again only once there are twice as many."""
        if count >= self._tell_from:
            self._tell_from = 2 * count
            job_trouble(self._job, step=step, kind="unfollowed", detail={"count": count})


def _reading(loop: MeasuredLoop) -> tuple[float, int, float, float]:
    """Return the time, the step, and the seconds spent on data and in steps."""
    return time.monotonic(), loop.step_count, loop.clock.data, loop.clock.steps


def gpu_reader(device: torch.device) -> Callable[[], dict[str, float]]:
    """Return what reads how busy a GPU is, 0 to 1, and its memory in use, of all processes.

    A figure that this machine does not give is left out: a part of a GPU has no load of its own.
    """
    import pynvml  # late: only where there is an NVIDIA GPU

    nvml: Any = pynvml
    try:
        nvml.nvmlInit()
        # By its unique name: CUDA_VISIBLE_DEVICES renumbers devices for torch and not for NVML.
        uuid = str(torch.cuda.get_device_properties(device).uuid)
        handle = nvml.nvmlDeviceGetHandleByUUID(uuid if uuid.startswith("GPU-") else f"GPU-{uuid}")
    except nvml.NVMLError as error:
        logger.warning("no figures of %s: %s", device, error)
        return dict
    counters: dict[str, Callable[[], float]] = {
        "device_busy": lambda: nvml.nvmlDeviceGetUtilizationRates(handle).gpu / 100,
        "device_bytes": lambda: float(nvml.nvmlDeviceGetMemoryInfo(handle).used),
    }

    def read() -> dict[str, float]:
        found = {}
        for name, counter in counters.items():
            with contextlib.suppress(nvml.NVMLError):
                found[name] = counter()
        return found

    return read
