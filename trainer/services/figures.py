"""Figures of a running job on their way into the database and to open pages."""

import math

import numpy as np
from django.db import transaction

from trainer.models import FigureSegment, Job
from trainer.selectors.figures import FIGURES, SAMPLE, columns_of
from trainer.services.announce import announce
from trainer.services.jobs import job_hold

# Ten minutes of samples a row: a day of training is some hundred rows, two megabytes.
SEGMENT_SAMPLES = 300


@transaction.atomic
def figures_store(*, job: Job, at: float, step: int, figures: dict[str, float]) -> None:
    """Add a sample to a job's figures, then announce it.

    Args:
        at: seconds since 1970.
        figures: by the names of `FIGURES`; what is missing could not be had.

    Raises:
        FenceLostError: the job is no longer this worker's.
    """
    job_hold(job)
    values = (figures.get(name, math.nan) for name in FIGURES)
    sample_1 = np.array([(at, step, *values)], dtype=SAMPLE)
    newest = FigureSegment.objects.filter(job=job).order_by("-index").first()
    if newest is None or len(newest.samples) >= SEGMENT_SAMPLES * SAMPLE.itemsize:
        newest = FigureSegment(job=job, index=newest.index + 1 if newest else 0, samples=b"")
    newest.samples = bytes(newest.samples) + sample_1.tobytes()
    newest.last_at = at
    newest.save()
    announce(
        job.experiment.group,
        {"type": "figures", "figures": {"job": job.pk, "samples": columns_of(sample_1)}},
    )
