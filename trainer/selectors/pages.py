"""What only the pages ask: the switcher's list, a job's colours, and what ran before it."""

from django.db.models import Count

from trainer.models import Experiment, Job, JobCommand


def experiments_offered() -> list[Experiment]:
    """Return the experiments that are not archived, the newest first."""
    return list(Experiment.objects.filter(archived_at=None).only("pk", "slug", "name"))


def experiments_all() -> list[Experiment]:
    """Return every experiment, the archived ones last, each part the newest first."""
    rows = Experiment.objects.select_related("current_checkpoint").prefetch_related("task_cards")
    return sorted(rows.order_by("-created_at"), key=lambda row: row.archived_at is not None)


def job_counts() -> dict[int, int]:
    """Return how many jobs each experiment that has any has, by the experiment's key."""
    counted = Job.objects.order_by().values_list("experiment").annotate(count=Count("pk"))
    return dict(counted)


def job_is_stopping(job: Job) -> bool:
    """Return whether a stop was asked for that the worker has not answered yet."""
    return job.commands.filter(kind="stop", state=JobCommand.State.PENDING).exists()


def job_colours(job: Job) -> dict[str, int]:
    """Return each task's place in the palette: those of the start, and those attached since."""
    planned = {task["name"]: task.get("colour", 0) for task in job.plan.get("tasks", [])}
    recorded = {row.task_name: row.colour for row in job.loss_series.all() if not row.is_total}
    return planned | recorded


def jobs_before(job: Job, *, limit: int) -> list[Job]:
    """Return the jobs of the same experiment that were started before, the newest first."""
    earlier = Job.objects.filter(experiment=job.experiment_id, pk__lt=job.pk)
    return list(earlier.only("pk", "plan").order_by("-pk")[:limit])
