"""The figures of a job: samples by time, a few numbers each, thinned to what a chart shows."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from trainer.live.events import json_numbers
from trainer.models import FigureSegment, Job

# NaN stands for what cannot be had: a device without a counter, a pace before there is one.
FIGURES = (
    "steps_per_second",
    "data_share",
    "compute_share",
    "waiting_share",
    "eta_seconds",
    "process_cpu",
    "process_bytes",
    "device_busy",
    "device_bytes",
)
SAMPLE = np.dtype([("at", "<f8"), ("step", "<u4"), *((name, "<f4") for name in FIGURES)])

Samples = NDArray[np.void]


def samples_unpack(packed: bytes | memoryview) -> Samples:
    """Return stored samples, [N] records of `SAMPLE`."""
    return np.frombuffer(packed, dtype=SAMPLE)


def job_figures(job: Job, *, after: float = 0.0, max_points: int = 600) -> dict[str, Any]:
    """Return a job's figures in columns: those after a moment, each at most `max_points` long.

    Where there are more samples, neighbours are averaged.
    """
    rows = FigureSegment.objects.filter(job=job, last_at__gt=after).order_by("index")
    parts = [samples_unpack(packed) for packed in rows.values_list("samples", flat=True)]
    samples_N = np.concatenate([*parts, np.zeros(0, dtype=SAMPLE)])
    samples_N = _averaged(samples_N[samples_N["at"] > after], max_points)
    return {"job": job.pk, **columns_of(samples_N)}


def columns_of(samples_N: Samples) -> dict[str, Any]:
    """Return samples in columns as JSON can hold them; null for what could not be had."""
    columns = {"at": samples_N["at"].tolist(), "step": samples_N["step"].tolist()}
    return columns | {name: json_numbers(samples_N[name]) for name in FIGURES}


def _averaged(samples_N: Samples, max_points: int) -> Samples:
    size = -(-len(samples_N) // max_points)
    if size <= 1:
        return samples_N
    starts = np.arange(0, len(samples_N), size)
    folded: Samples = samples_N[
        np.minimum(starts + size, len(samples_N)) - 1
    ].copy()  # the last of each
    for name in FIGURES:
        values_N = samples_N[name].astype(np.float64)
        known_N = np.isfinite(values_N)
        counts = np.add.reduceat(known_N, starts, dtype=np.int64)
        sums = np.add.reduceat(np.where(known_N, values_N, 0), starts)
        folded[name] = np.where(counts > 0, sums / np.maximum(counts, 1), np.nan)
    return folded
