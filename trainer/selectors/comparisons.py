"""What a job may be compared with, and over what its curves may be drawn."""

from collections.abc import Iterable

from trainer.models import Dataset, Job

# Of either kind, the newest so many: a list that somebody can read.
JOBS_OFFERED = 30


def jobs_comparable(job: Job) -> tuple[list[Job], list[Job]]:
    """Return the newest other jobs with losses: of the same experiment, and of all others."""
    jobs = Job.objects.exclude(pk=job.pk).filter(current_step__gt=0).select_related("experiment")
    jobs = jobs.defer("plan", "traceback").order_by("-pk")
    own = jobs.filter(experiment=job.experiment_id)[:JOBS_OFFERED]
    others = jobs.exclude(experiment=job.experiment_id)[:JOBS_OFFERED]
    return list(own), list(others)


def train_sizes(names: Iterable[str]) -> dict[str, int]:
    """Return how many samples the datasets train with, of those that are still there."""
    rows = Dataset.objects.filter(name__in=list(names)).order_by("pk")
    return dict(rows.values_list("name", "train_size"))
