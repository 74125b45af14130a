"""How much of the total loss each task of a job is."""

from collections import defaultdict

import numpy as np

from trainer.models import Job
from trainer.selectors.loss_runs import last_step_stored, loss_runs

# Over this many of the latest steps: schedules may take one task a step.
SHARE_STEPS = 100


def loss_shares(job: Job) -> dict[str, float]:
    """Return each task's share of the total over the latest steps; {} where there is no total."""
    sums: defaultdict[str, float] = defaultdict(float)
    for run in loss_runs(job, after_step=max(0, last_step_stored(job) - SHARE_STEPS)):
        weighted_ST = run.values_ST[:, :-1] * np.asarray(run.weights, dtype=np.float32)
        if run.present_ST is not None:
            weighted_ST = np.where(run.present_ST, weighted_ST, 0)
        weighted_ST = weighted_ST[np.isfinite(weighted_ST).all(axis=1)]
        sums_T = weighted_ST.sum(axis=0, dtype=np.float64).tolist()
        for name, weighted in zip(run.task_names, sums_T, strict=True):
            sums[name] += weighted
    total = sum(sums.values())
    return {name: share / total for name, share in sums.items()} if total > 0 else {}
