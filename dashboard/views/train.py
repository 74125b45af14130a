"""Starting, pausing, resuming and stopping a job; a refusal is the same panel with status 422."""

from collections.abc import Callable

from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST
from django_htmx.http import trigger_client_event

from dashboard.forms import TrainForm
from dashboard.requests import HtmxRequest, experiment_required, signed_in
from dashboard.run_panel import run_panel, start_text
from trainer.models import Experiment, Job
from trainer.selectors.jobs import job_active
from trainer.services.commands import command_send, command_wait, job_stop
from trainer.services.job_start import job_start
from trainer.services.jobs import JobRefused
from trainer.services.sources import ClassMissing


@require_POST
@signed_in
def partial_train_start(request: HtmxRequest) -> HttpResponse:
    """Start a job with what was typed, which stays in the form either way."""
    experiment = experiment_required(request)
    form = TrainForm(request.POST)
    job = _start(form, experiment, by=request.user.get_username()) if form.is_valid() else None
    context = {
        "experiment": experiment,
        "form": form,
        "run_job": job_active(experiment),
        "start_text": start_text(experiment),
    }
    response = render(request, "partials/train_form.html", context, status=200 if job else 422)
    if job is not None:
        trigger_client_event(response, "acc:started", {"job": job.pk}, after="settle")
    trigger_client_event(response, "acc:run", after="settle")
    trigger_client_event(response, "acc:jobs", after="settle")
    return response


def _start(form: TrainForm, experiment: Experiment, *, by: str) -> Job | None:
    """Start the job; a refusal goes into the form, and there is no job."""
    try:
        return job_start(experiment=experiment, by=by, **form.cleaned_data)
    except (JobRefused, ClassMissing) as refusal:
        form.add_error(None, str(refusal))
    except ValidationError as error:
        _add_errors(form, error)
    return None


def _add_errors(form: TrainForm, error: ValidationError) -> None:
    if not hasattr(error, "error_dict"):
        form.add_error(None, error)
        return
    form_names = {model: name for name, model in form.MODEL_NAMES.items()}
    for name, errors in error.error_dict.items():
        field = form_names.get(name, name)
        form.add_error(field if field in form.fields else None, errors)


@require_POST
@signed_in
def partial_train_stop(request: HtmxRequest) -> HttpResponse:
    """Stop the job that the button was shown for, and no other."""
    by = request.user.get_username()
    return _steered(request, lambda job: job_stop(job=job, by=by))


@require_POST
@signed_in
def partial_train_pause(request: HtmxRequest) -> HttpResponse:
    """Pause the job that the button was shown for, and no other."""
    return _commanded(request, "pause")


@require_POST
@signed_in
def partial_train_resume(request: HtmxRequest) -> HttpResponse:
    """Let the job go on that the button was shown for, and no other."""
    return _commanded(request, "resume")


def _commanded(request: HtmxRequest, kind: str) -> HttpResponse:
    by = request.user.get_username()
    return _steered(request, lambda job: command_wait(command_send(job=job, kind=kind, by=by)))


def _steered(request: HtmxRequest, steer: Callable[[Job], object]) -> HttpResponse:
    experiment = experiment_required(request)
    job = job_active(experiment)
    refusal = ""
    if job is not None and str(job.pk) == request.POST.get("job"):
        try:
            steer(job)
        except JobRefused as refused:
            refusal = str(refused)
    else:
        refusal = "This job has already ended."
    context = run_panel(experiment) | {"refusal": refusal}
    status = 422 if refusal else 200
    response = render(request, "partials/run.html", context, status=status)
    return trigger_client_event(response, "acc:jobs")
