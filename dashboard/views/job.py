"""The page of one job."""

import csv

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from dashboard.bar import bar_panel
from dashboard.job_panel import job_panel
from dashboard.requests import HtmxRequest, job_required, signed_in
from trainer.selectors.events import story_of

EVENT_COLUMNS = ("step", "kind", "outcome", "task", "what", "by", "why", "at")
FORMULA_BEGINS = ("=", "+", "-", "@", "\t", "\r")


@require_GET
@never_cache
@signed_in
def job(request: HtmxRequest, job_id: int) -> HttpResponse:
    """Show what one job ran, with which code, and what happened to it."""
    found = job_required(job_id)
    context = bar_panel(found.experiment) | job_panel(found)
    return render(
        request, "pages/job.html", context | {"title": f"{found.state} · Job {found.pk} · ACC"}
    )


@require_GET
@never_cache
@signed_in
def partial_job(request: HtmxRequest, job_id: int) -> HttpResponse:
    """Show the same as the page, without the page around it."""
    return render(request, "partials/job.html", job_panel(job_required(job_id)))


@require_GET
@never_cache
@signed_in
def job_events_csv(request: HtmxRequest, job_id: int) -> HttpResponse:
    """Give a job's events, and what was asked of it in vain, as a table to download."""
    found = job_required(job_id)
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="job-{found.pk}-events.csv"'
    writer = csv.writer(response)
    writer.writerow(EVENT_COLUMNS)
    for row in story_of(found):
        cells = (row.step, row.kind, row.outcome, row.task, row.words, row.by, row.why)
        writer.writerow([_cell(value) for value in (*cells, row.at.isoformat())])
    return response


def _cell(value: object) -> str:
    """Return a cell that no spreadsheet takes for a formula, whatever a person wrote."""
    text = str(value)
    return f"'{text}" if text.startswith(FORMULA_BEGINS) else text
