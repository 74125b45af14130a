"""The page of one job."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from dashboard.bar import bar_panel
from dashboard.job_panel import job_panel
from dashboard.requests import LARGEST_ID, HtmxRequest, PageMissing, signed_in
from trainer.models import Job
from trainer.selectors.jobs import job_get


@require_GET
@never_cache
@signed_in
def job(request: HtmxRequest, job_id: int) -> HttpResponse:
    """Show what one job ran, with which code, and what happened to it."""
    found = _job(job_id)
    context = bar_panel(found.experiment) | job_panel(found)
    return render(request, "pages/job.html", context | {"title": f"Job {found.pk} - ACC"})


@require_GET
@never_cache
@signed_in
def partial_job(request: HtmxRequest, job_id: int) -> HttpResponse:
    """Show the same as the page, without the page around it."""
    return render(request, "partials/job.html", job_panel(_job(job_id)))


def _job(job_id: int) -> Job:
    found = job_get(job_id) if job_id <= LARGEST_ID else None
    if found is None:
        raise PageMissing(f"there is no job {job_id}")
    return found
