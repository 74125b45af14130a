"""Evaluations and reconstructions: asked for by a button, shown by a panel that follows them."""

from collections.abc import Callable

from django.http import HttpResponse, HttpResponseNotModified
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from dashboard.eval_panel import eval_panel
from dashboard.recon_panel import recon_panel
from dashboard.requests import (
    HtmxRequest,
    PageMissing,
    experiment_required,
    number_asked,
    signed_in,
)
from trainer.models import Experiment
from trainer.selectors.jobs import job_active
from trainer.selectors.reconstructions import picture_read
from trainer.services.calls import TrainerOffline, trainer_require
from trainer.services.commands import command_wait, job_set_eval_every
from trainer.services.evals import eval_send
from trainer.services.jobs import JobRefused
from trainer.services.reconstructions import pictures_send


@require_GET
@never_cache
@signed_in
def partial_eval(request: HtmxRequest) -> HttpResponse:
    """Show the newest evaluation."""
    context = eval_panel(experiment_required(request), request.GET.get("against"))
    return render(request, "partials/eval.html", context)


@require_POST
@signed_in
def partial_eval_run(request: HtmxRequest) -> HttpResponse:
    """Have the model evaluated; the panel says so until the numbers are there."""
    experiment = experiment_required(request)
    refusal = _refusal_of(lambda by: eval_send(experiment=experiment, by=by), request)
    context = eval_panel(experiment, request.POST.get("against")) | {"refusal": refusal}
    return render(request, "partials/eval.html", context, status=422 if refusal else 200)


@require_POST
@signed_in
def partial_eval_every(request: HtmxRequest) -> HttpResponse:
    """Change how often the job is evaluated that the field was shown for."""
    experiment = experiment_required(request)
    typed = request.POST.get("every", "").strip()
    refusal = _every_set(experiment, typed, request)
    context = eval_panel(experiment, request.POST.get("against"))
    context |= {"refusal": refusal, "every_typed": typed if refusal else None}
    return render(request, "partials/eval.html", context, status=422 if refusal else 200)


@require_GET
@never_cache
@signed_in
def partial_recon_comparison(request: HtmxRequest) -> HttpResponse:
    """Show images of each attached dataset beside their reconstructions."""
    context = recon_panel(experiment_required(request), request.GET.get("order"))
    return render(request, "partials/recon_comparison.html", context)


@require_POST
@signed_in
def partial_recon_refresh(request: HtmxRequest) -> HttpResponse:
    """Have other images drawn; the panel says so until they are there."""
    experiment = experiment_required(request)
    refusal = _refusal_of(lambda by: pictures_send(experiment=experiment, by=by), request)
    context = recon_panel(experiment, request.POST.get("order")) | {"refusal": refusal}
    status = 422 if refusal else 200
    return render(request, "partials/recon_comparison.html", context, status=status)


@require_GET
@signed_in
def picture(request: HtmxRequest, name: str) -> HttpResponse:
    """Send a picture; its name is its content's hash, so that it never changes."""
    if request.headers.get("If-None-Match") == f'"{name}"':
        return _lasting(HttpResponseNotModified(), name)
    png = picture_read(name)
    if png is None:
        raise PageMissing("this picture is gone; newer ones took its place")
    return _lasting(HttpResponse(png, content_type="image/png"), name)


def _every_set(experiment: Experiment, typed: str, request: HtmxRequest) -> str:
    """Ask a job for another cadence; return why not, where it cannot be."""
    job = job_active(experiment)
    if job is None or str(job.pk) != request.POST.get("job"):
        return "This job has already ended."
    steps = number_asked(typed)
    if steps is None:
        return "Evaluate every: a whole number of steps, 0 for only at the end."
    try:
        by = request.user.get_username()
        command_wait(job_set_eval_every(job=job, steps=steps, by=by))
    except JobRefused as refused:
        return str(refused)
    return ""


def _lasting(response: HttpResponse, name: str) -> HttpResponse:
    response.headers["ETag"] = f'"{name}"'
    response.headers["Cache-Control"] = "private, max-age=31536000, immutable"
    return response


def _refusal_of(send: Callable[[str], object], request: HtmxRequest) -> str:
    """Send a request to the trainer side; return why not, where nobody is there."""
    try:
        trainer_require()
    except TrainerOffline as offline:
        return str(offline)
    send(request.user.get_username())
    return ""
