"""What the page knows of a job beside its losses: weights, epochs, and jobs to compare it with."""

import json
from typing import Any

from trainer.models import Job
from trainer.selectors.comparisons import jobs_comparable, train_sizes


def curve_facts(job: Job) -> dict[str, Any]:
    """Return what `partials/loss_curves.html` needs of a job to draw its curves."""
    plan = job.plan if isinstance(job.plan, dict) else {}
    sizes = train_sizes(plan.get("datasets") or {})
    weights = {task["name"]: task.get("weight", 1.0) for task in plan.get("tasks") or []}
    facts = {
        "weights": weights,
        # Of a task that is drawn by its weight, the loss counts as it is.
        "weightsCount": job.schedule != Job.Schedule.WEIGHTED,
        "batchSize": job.batch_size,
        "trainSizes": sizes,
    }
    own, others = jobs_comparable(job)
    return {
        "curves_facts": json.dumps(facts),
        "curves_datasets": list(sizes),
        "own_jobs": own,
        "other_jobs": others,
    }
