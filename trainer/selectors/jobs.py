"""Jobs as the API, the live channel and the pages show them."""

from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from trainer.live.events import event_as_dict
from trainer.models import Experiment, Job, JobCommand, LossSeries, RecipeStep


def job_as_dict(job: Job) -> dict[str, Any]:
    """Return one job in the API's shape; `seq` is that of the last live message about it."""
    return {
        "id": job.pk,
        "experiment": job.experiment.slug,
        "state": job.state,
        "total_steps": job.total_steps,
        "current_step": job.current_step,
        "task_names": job.task_names,
        "created_at": _iso(job.created_at),
        "started_at": _iso(job.started_at),
        "completed_at": _iso(job.completed_at),
        "checkpoint_id": job.checkpoint_id,
        "error": job.error or None,
        "steps_per_second": job.steps_per_second,
        "seq": job.seq,
        "device": job.device,
        "worker": job.worker,
        "lr": job.lr_in_force,
        "probe_lr": job.probe_lr_in_force,
        "batch_size": job.batch_size,
        "schedule": job.schedule,
        "seed": job.seed,
        "eval_every": job.eval_every,
        "duration_seconds": round(job.active_seconds, 3),
        "repeats": job.repeats_id,
        "points_kept": job.points_kept,
    }


def job_with_summary(job: Job) -> dict[str, Any]:
    """Return one job with the last loss and the summary of each of its tasks."""
    series = [row for row in job.loss_series.all() if not row.is_total]
    return {
        **job_as_dict(job),
        "final_losses": {row.task_name: row.last for row in series},
        "summary": {row.task_name: series_as_dict(row) for row in series},
    }


def series_as_dict(row: LossSeries) -> dict[str, Any]:
    """Return the summary of one series in the API's shape."""
    return {
        "mean": row.mean,
        "min": row.minimum,
        "max": row.maximum,
        "final": row.last,
        "trend": row.trend,
        "health": row.health,
        "count": row.count,
        "nonfinite_count": row.nonfinite_count,
    }


def jobs_of(experiment: Experiment | None) -> QuerySet[Job]:
    """Return jobs, newest first: an experiment's, or everybody's."""
    jobs = Job.objects.select_related("experiment").order_by("-pk")
    return jobs if experiment is None else jobs.filter(experiment=experiment)


def job_get(job_id: int) -> Job | None:
    """Return one job."""
    return jobs_of(None).filter(pk=job_id).first()


def job_events(job: Job) -> list[dict[str, Any]]:
    """Return what happened to a job, in order."""
    return [event_as_dict(event) for event in job.events.select_related("command").order_by("pk")]


def jobs_listed(experiment: Experiment | None) -> QuerySet[Job]:
    """Return what `jobs_of` does, without the plan: most of a row, and no list shows it."""
    return jobs_of(experiment).defer("plan", "traceback")


def job_history(experiment: Experiment | None, *, limit: int) -> list[Job]:
    """Return the newest jobs with their summaries prefetched."""
    return list(jobs_listed(experiment).prefetch_related("loss_series")[:limit])


def job_active(experiment: Experiment) -> Job | None:
    """Return the job that is queued, running, paused or interrupted; there is at most one."""
    return jobs_of(experiment).filter(state__in=Job.ACTIVE).first()


def job_current(experiment: Experiment) -> Job | None:
    """Return the active job, else the newest one."""
    return job_active(experiment) or jobs_of(experiment).first()


def job_last_asked(experiment: Experiment) -> Job | None:
    """Return the newest job that no recipe started: those are made for ends of its own."""
    by_recipes = RecipeStep.objects.filter(job__experiment=experiment)
    return jobs_of(experiment).exclude(pk__in=by_recipes.values("job")).first()


def jobs_before(job: Job, *, limit: int) -> list[Job]:
    """Return the jobs of the same experiment that were started before, the newest first."""
    earlier = Job.objects.filter(experiment=job.experiment_id, pk__lt=job.pk)
    return list(earlier.only("pk", "plan").order_by("-pk")[:limit])


def job_is_stopping(job: Job) -> bool:
    """Return whether a stop was asked for that the worker has not answered yet."""
    return job.commands.filter(kind="stop", state=JobCommand.State.PENDING).exists()


def job_colours(job: Job) -> dict[str, int]:
    """Return each task's place in the palette: those of the start, and those attached since."""
    planned = {task["name"]: task.get("colour", 0) for task in job.plan.get("tasks", [])}
    recorded = {row.task_name: row.colour for row in job.loss_series.all() if not row.is_total}
    return planned | recorded


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
