"""The history of jobs: the list, what people say of a job, jobs anew, and jobs side by side."""

from collections.abc import Callable

from django.http import HttpResponse
from django.shortcuts import render, resolve_url
from django.utils.http import urlencode
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST
from django_htmx.http import HttpResponseClientRedirect, trigger_client_event

from dashboard.bar import bar_panel
from dashboard.job_compare import JOBS_MAX, JOBS_MIN, job_comparison
from dashboard.job_panel import job_panel
from dashboard.job_results import job_results
from dashboard.jobs_panel import job_item_panel, jobs_panel
from dashboard.requests import (
    HtmxRequest,
    experiment_asked,
    experiment_required,
    job_required,
    number_asked,
    signed_in,
)
from trainer.models import Job
from trainer.services.job_notes import job_describe, job_star
from trainer.services.job_start import job_continue, job_repeat
from trainer.services.jobs import JobRefused
from trainer.services.sources import ClassMissing


@require_GET
@never_cache
@signed_in
def partial_jobs(request: HtmxRequest) -> HttpResponse:
    """Show the newest jobs, or those that are searched for."""
    context = jobs_panel(experiment_required(request), request.GET)
    return render(request, "partials/jobs.html", context)


@require_GET
@never_cache
@signed_in
def partial_job_item(request: HtmxRequest, job_id: int) -> HttpResponse:
    """Show one job of the list."""
    context = job_item_panel(job_required(job_id))
    return render(request, "partials/job_item.html", context)


@require_GET
@never_cache
@signed_in
def compare(request: HtmxRequest) -> HttpResponse:
    """Show several jobs side by side; of fewer than two, how to choose them."""
    numbers = [number_asked(text) for text in request.GET.getlist("job")]
    asked = dict.fromkeys(number for number in numbers if number is not None)
    jobs = [job_required(job_id) for job_id in list(asked)[:JOBS_MAX]]
    experiment = jobs[0].experiment if jobs else experiment_asked(request)
    context = bar_panel(experiment) | {"title": "Jobs side by side · ACC"}
    if len(jobs) < JOBS_MIN:
        return render(request, "pages/jobs_compare.html", context)
    context |= {
        "jobs": jobs,
        "left_out_count": len(asked) - len(jobs),
        "results": job_results(jobs),
        "sections": job_comparison(jobs),
        "curves_hash": urlencode([("job", jobs[0].pk), *(("with", job.pk) for job in jobs[1:])]),
    }
    return render(request, "pages/jobs_compare.html", context)


@require_POST
@signed_in
def partial_job_star(request: HtmxRequest, job_id: int) -> HttpResponse:
    """Mark the job as one to find again, or take the mark away."""
    job_star(job=job_required(job_id), starred=request.POST.get("starred") == "true")
    return trigger_client_event(HttpResponse(status=204), "acc:jobs")


@require_POST
@signed_in
def partial_job_describe(request: HtmxRequest, job_id: int) -> HttpResponse:
    """Keep name, notes and tags as typed."""
    found = job_required(job_id)
    typed = {name: request.POST.get(name, "") for name in ("name", "notes", "tags")}
    try:
        job_describe(job=found, **typed)
    except JobRefused as refusal:
        wrong = str(refusal).partition(":")[0]
        told = {"describe_refusal": str(refusal), "describe_wrong": wrong, "typed": typed}
        context = job_panel(found) | told
        return render(request, "partials/job.html", context, status=422)
    return render(request, "partials/job.html", job_panel(job_required(job_id)))


@require_POST
@signed_in
def partial_job_repeat(request: HtmxRequest, job_id: int) -> HttpResponse:
    """Run the job again, and go to where its curves will grow."""
    return _anew(request, job_id, job_repeat)


@require_POST
@signed_in
def partial_job_continue(request: HtmxRequest, job_id: int) -> HttpResponse:
    """Start a job from where this one ended, and go to where its curves will grow."""
    return _anew(request, job_id, job_continue)


def _anew(request: HtmxRequest, job_id: int, start: Callable[..., Job]) -> HttpResponse:
    found = job_required(job_id)
    try:
        start(job=found, by=request.user.get_username())
    except (JobRefused, ClassMissing) as refusal:
        context = job_panel(found) | {"refusal": str(refusal)}
        return render(request, "partials/job.html", context, status=422)
    query = urlencode({"experiment": found.experiment.slug})
    return HttpResponseClientRedirect(f"{resolve_url('dashboard:workbench')}?{query}")
