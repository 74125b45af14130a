"""Calls about jobs and their losses."""

from typing import Annotated, Any, Literal

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.cache import get_conditional_response
from ninja import Query, Router
from ninja.errors import HttpError

from trainer.api.auth import caller_name
from trainer.api.event_schemas import CommandOut, EventOut
from trainer.api.lookup import ExperimentSlug, experiment_found, experiment_listed, job_found
from trainer.api.loss_schemas import (
    FiguresOut,
    FiguresPart,
    LossColumnsOut,
    LossPart,
    LossPointOut,
)
from trainer.api.loss_stream import chart_mark, loss_chunks, stream_json, whole_json
from trainer.api.schemas import JobHistoryOut, JobOut, JobShownOut
from trainer.models import Job
from trainer.selectors.commands import job_commands
from trainer.selectors.figures import job_figures
from trainer.selectors.jobs import (
    job_as_dict,
    job_current,
    job_events,
    job_history,
    job_with_summary,
    jobs_listed,
)
from trainer.selectors.losses import loss_columns
from trainer.selectors.warnings import job_warnings, warning_as_dict
from trainer.services.job_start import job_repeat

router = Router(tags=["jobs"])

ListLimit = Annotated[int, Query(ge=1, le=1000, description="At most this many, newest first.")]
CommandState = Annotated[
    Literal["pending", "applied", "refused"] | None, Query(description="Only those in this state.")
]


@router.get("/jobs", response=list[JobOut], summary="List jobs")
def jobs(
    request: HttpRequest, experiment: ExperimentSlug = None, limit: ListLimit = 100
) -> list[dict[str, Any]]:
    """List the jobs of an experiment, newest first."""
    return [job_as_dict(job) for job in jobs_listed(experiment_listed(experiment))[:limit]]


@router.get("/jobs/current", response=JobOut, summary="Show the current job")
def jobs_current(request: HttpRequest, experiment: ExperimentSlug = None) -> dict[str, Any]:
    """Show the job in progress, else the newest one."""
    chosen = experiment_found(experiment)
    job = job_current(chosen)
    if job is None:
        raise HttpError(404, f"experiment '{chosen.slug}' has no job yet; POST /train/start")
    return job_as_dict(job)


@router.get("/jobs/history", response=list[JobHistoryOut], summary="List jobs with their losses")
def jobs_history(
    request: HttpRequest, experiment: ExperimentSlug = None, limit: ListLimit = 10
) -> list[dict[str, Any]]:
    """List jobs, newest first, each with the last loss and a summary of each task."""
    found = job_history(experiment_listed(experiment), limit=limit)
    return [job_with_summary(job) for job in found]


@router.get("/jobs/{int:job_id}", response=JobShownOut, summary="Show a job")
def job(request: HttpRequest, job_id: int) -> dict[str, Any]:
    """Show one job of whichever experiment, and what goes wrong with it now."""
    found = job_found(job_id)
    warnings = [warning_as_dict(warning) for warning in job_warnings(found)]
    return {**job_as_dict(found), "warnings": warnings}


@router.get("/jobs/{int:job_id}/events", response=list[EventOut], summary="List a job's events")
def job_event_list(request: HttpRequest, job_id: int) -> list[dict[str, Any]]:
    """List what was done to a job and at which step it took effect, in order."""
    return job_events(job_found(job_id))


@router.get(
    "/jobs/{int:job_id}/commands", response=list[CommandOut], summary="List what was asked of a job"
)
def job_command_list(
    request: HttpRequest, job_id: int, state: CommandState = None
) -> list[dict[str, Any]]:
    """List what was asked of a job, in the order asked: pending, applied at a step or refused.

    What took effect, or was refused by the job itself, is among its events as well.
    """
    return job_commands(job_found(job_id), state=state)


@router.post("/jobs/{int:job_id}/repeat", response=JobOut, summary="Run a job again")
def job_repeat_start(request: HttpRequest, job_id: int) -> dict[str, Any]:
    """Start a job from the same checkpoint, with the same seed, tasks and interventions.

    Each intervention takes effect at the step at which it did. On a CPU the curve is the same,
    number for number.
    """
    return job_as_dict(job_repeat(job=job_found(job_id), by=caller_name(request)))


@router.get(
    "/jobs/{int:job_id}/figures", response=FiguresOut, summary="Read a job's pace and its costs"
)
def job_figure_columns(
    request: HttpRequest, job_id: int, part: Query[FiguresPart]
) -> dict[str, Any]:
    """Read how a job went beside its losses: pace, where its time went, what it took."""
    return job_figures(job_found(job_id), after=part.after, max_points=part.max_points)


@router.get(
    "/jobs/{int:job_id}/loss_history",
    response=list[LossPointOut] | LossColumnsOut,
    summary="Read a job's losses",
)
def job_loss_history(request: HttpRequest, job_id: int, part: Query[LossPart]) -> HttpResponseBase:
    """Read every recorded point, exact and in order; with `max_points`, thinned columns.

    Thinning keeps the smallest and the largest loss of each stretch of steps, and losses that
    are not finite.
    """
    found = job_found(job_id)
    after, last = part.after_step, part.last_step
    if part.max_points is not None:
        # A chart is asked for again and again, and that of a job at its end stays as it is.
        mark = None if found.is_active else chart_mark(request, found)
        if (unchanged := get_conditional_response(request, etag=mark)) is not None:
            return unchanged
        columns = loss_columns(
            found, after_step=after, last_step=last, max_points=part.max_points, bands=part.bands
        )
        return whole_json(request, columns, mark=mark)
    if part.bands:
        raise HttpError(400, "bands need max_points: the exact points have no range")
    if found.points_kept != found.PointsKept.ALL:
        raise HttpError(410, _gone(found))
    return stream_json(request, loss_chunks(found, after_step=after, last_step=last))


def _gone(job: Job) -> str:
    if job.points_kept == Job.PointsKept.LEVELS:
        return f"job {job.pk} was thinned: ask with max_points for what is left of its losses"
    return f"the losses of job {job.pk} were deleted; GET /jobs/history has their summary"
