"""Attaching a task; a refusal is the same form with status 422, and nothing typed is lost."""

import json
from typing import Any

from django.http import HttpResponse, QueryDict
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods
from django_htmx.http import trigger_client_event

from dashboard.class_form import OF_CLASS, carried_over
from dashboard.latent_strip import segments_of
from dashboard.requests import HtmxRequest, experiment_required, signed_in
from dashboard.task_form import TaskAddForm
from trainer.models import Experiment, RegisteredClass, Registry
from trainer.selectors.datasets import dataset_get
from trainer.selectors.jobs import job_active
from trainer.selectors.registry import classes_offered
from trainer.services.calls import CallRefused, TrainerOffline
from trainer.services.card_add import CardRefused
from trainer.services.cards import card_name_default
from trainer.services.sources import ClassMissing
from trainer.services.task_add import task_attach


@require_http_methods(["GET", "POST"])
@never_cache
@signed_in
def partial_task_add(request: HtmxRequest) -> HttpResponse:
    """Show the form, its part that depends on the class, or a free name; attach what was typed."""
    experiment = experiment_required(request)
    if request.method == "POST":
        return _task_add(request, experiment)
    offered = classes_offered(Registry.TASKS)
    first = offered[0].class_name if offered else ""
    chosen = request.GET.get("class_name") or first
    rows = {row.class_name: row for row in offered}
    kept, hidden = carried_over(
        request.GET, rows.get(request.GET.get(OF_CLASS, "")), rows.get(chosen)
    )
    initial = {"dataset": request.GET.get("dataset", ""), **kept}
    form = TaskAddForm(experiment, offered, chosen, initial=initial)
    context = _context(experiment, form, hidden)
    part = request.GET.get("part")
    if part == "name":
        # By an event, which nobody misses where the form was closed meanwhile.
        told = {"default": context["name_default"]}
        return trigger_client_event(HttpResponse(status=204), "acc:task-name", told)
    template = "partials/task_add_class.html" if part == "class" else "partials/task_add.html"
    return render(request, template, context)


def _task_add(request: HtmxRequest, experiment: Experiment) -> HttpResponse:
    offered = classes_offered(Registry.TASKS)
    form = TaskAddForm(experiment, offered, request.POST.get("class_name", ""), request.POST)
    by = request.user.get_username()
    card = _attached(form, experiment, by=by) if form.is_valid() else None
    if card is None:
        hidden = _kept_hidden(request.POST, form.row)
        context = _context(experiment, form, hidden)
        return render(request, "partials/task_add.html", context, status=422)
    context = {"card": card, "job": job_active(experiment)}
    response = render(request, "partials/task_add_done.html", context)
    trigger_client_event(response, "acc:task-added", after="settle")
    return trigger_client_event(response, "acc:tasks", after="settle")


def _attached(form: TaskAddForm, experiment: Experiment, *, by: str) -> dict[str, Any] | None:
    """Attach the task; a refusal goes into the form, and there is no task."""
    asked = form.cleaned_data
    try:
        return task_attach(
            experiment=experiment,
            class_name=asked["class_name"],
            dataset=asked["dataset"],
            name=asked["name"] or None,
            weight=asked["weight"],
            latent_slice=asked["latent_slice"],
            params=form.params(),
            by=by,
        )
    except ClassMissing as missing:
        form.add_error("class_name" if form.row is None else None, str(missing))
    except (CallRefused, CardRefused) as refusal:
        form.refuse(str(refusal))
    except TrainerOffline as offline:
        form.add_error(None, str(offline))
    return None


def _kept_hidden(typed: QueryDict, row: RegisteredClass | None) -> list[tuple[str, str]]:
    return carried_over(typed, None, row)[1]


def _context(
    experiment: Experiment, form: TaskAddForm, hidden: list[tuple[str, str]]
) -> dict[str, Any]:
    chosen = dataset_get(form["dataset"].value() or "")
    info = experiment.model_info
    segments = segments_of(info)
    return {
        "experiment": experiment,
        "form": form,
        "hidden_fields": hidden,
        "needs_note": _needs_note(form.row, info),
        "misfit": form.misfit(chosen) if chosen else "",
        "name_default": _name_default(experiment, form, chosen.name if chosen else ""),
        "segments": segments,
        "segments_json": json.dumps([vars(segment) for segment in segments]),
        "latent_dim": info.get("latent_dim"),
    }


def _needs_note(row: RegisteredClass | None, info: dict[str, Any]) -> str:
    """Return what the class needs of the model that this one has not."""
    if row and row.requires.get("vae") and info.get("is_vae") is False:
        return "Needs a variational model, and this one is none."
    if row and row.requires.get("decoder") and info.get("has_decoder") is False:
        return "Needs a model with a decoder, and this one has none."
    return ""


def _name_default(experiment: Experiment, form: TaskAddForm, dataset_name: str) -> str:
    if form.row is None or not dataset_name:
        return ""
    return card_name_default(
        experiment=experiment, class_name=form.row.class_name, dataset_name=dataset_name
    )
