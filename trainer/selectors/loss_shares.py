"""How much of the total loss each task of a job is."""

import numpy as np

from trainer.models import Job, LossSegment
from trainer.selectors.loss_runs import segment_unpack

# Over this many of the latest steps: schedules may take one task a step.
SHARE_STEPS = 100


def loss_shares(job: Job) -> dict[str, float]:
    """Return each task's share of the total over the latest steps; {} where there is no total."""
    segment = LossSegment.objects.filter(job=job).order_by("-first_step").first()
    if segment is None:
        return {}
    run = segment_unpack(segment)
    rows = slice(-SHARE_STEPS, None)
    weighted_ST = run.values_ST[rows, :-1] * np.asarray(run.weights, dtype=np.float32)
    if run.present_ST is not None:
        weighted_ST = np.where(run.present_ST[rows], weighted_ST, 0)
    weighted_ST = weighted_ST[np.isfinite(weighted_ST).all(axis=1)]
    total = float(weighted_ST.sum(dtype=np.float64))
    if total <= 0:
        return {}
    sums_T = weighted_ST.sum(axis=0, dtype=np.float64)
    return dict(zip(run.task_names, (sums_T / total).tolist(), strict=True))
