"""The page of the data; a refusal is the same panel with status 422, and nothing typed is lost."""

from typing import Any

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from django_htmx.http import trigger_client_event

from dashboard.bar import bar_panel
from dashboard.data_forms import FORMS, DataForm
from dashboard.data_panel import data_panel
from dashboard.requests import HtmxRequest, PageMissing, experiment_asked, signed_in
from trainer.selectors.datasets import dataset_get, datasets_all
from trainer.selectors.nodes import trainer_is_online
from trainer.services.calls import CallRefused, TrainerOffline
from trainer.services.dataset_import import datasets_survey
from trainer.services.datasets import DatasetRefused, dataset_delete
from trainer.services.parameters import ParameterRefused
from trainer.services.sources import ClassMissing

REFUSALS = (CallRefused, TrainerOffline, DatasetRefused, ParameterRefused, ClassMissing)


@require_GET
@never_cache
@signed_in
def data(request: HtmxRequest) -> HttpResponse:
    """Show every dataset, and the forms that add one."""
    _look_at_new_ones()
    context = bar_panel(experiment_asked(request)) | data_panel()
    context |= {"title": "Data · ACC", "here": "data", "image_dirs": settings.ACC_IMAGE_DIRS}
    context |= {"forms": {kind: form() for kind, form in FORMS.items()}}
    return render(request, "pages/data.html", context)


@require_GET
@never_cache
@signed_in
def partial_data(request: HtmxRequest) -> HttpResponse:
    """Show every dataset."""
    return render(request, "partials/data.html", data_panel())


@require_POST
@signed_in
def partial_data_delete(request: HtmxRequest, name: str) -> HttpResponse:
    """Delete a dataset that nothing uses."""
    dataset = dataset_get(name)
    refusal = "" if dataset else f"dataset '{name}' is deleted already"
    if dataset is not None:
        try:
            dataset_delete(dataset=dataset)
        except DatasetRefused as refused:
            refusal = str(refused)
    context = data_panel() | {"refusal": refusal}
    return render(request, "partials/data.html", context, status=422 if refusal else 200)


@require_http_methods(["GET", "POST"])
@never_cache
@signed_in
def partial_data_add(request: HtmxRequest, kind: str) -> HttpResponse:
    """Show one way to add a dataset, or add what was typed."""
    if kind not in FORMS:
        raise PageMissing(f"there is no way called '{kind}' to add a dataset")
    if request.method == "GET":
        return _form(request, FORMS[kind](initial=request.GET.dict()))
    form = FORMS[kind](request.POST, request.FILES)
    if form.is_valid():
        try:
            added = form.send(request.user.get_username())
        except REFUSALS as refusal:
            form.refuse(str(refusal))
        else:
            # Ready for the next one like it, which needs another name.
            typed = {key: value for key, value in request.POST.items() if key != "name"}
            response = _form(request, FORMS[kind](initial=typed), added=added)
            return trigger_client_event(response, "acc:data", after="settle")
    return _form(request, form, status=422)


def _form(
    request: HtmxRequest, form: DataForm, *, added: dict[str, Any] | None = None, status: int = 200
) -> HttpResponse:
    context = {"form": form, "added": added, "image_dirs": settings.ACC_IMAGE_DIRS}
    return render(request, "partials/data_add.html", context, status=status)


def _look_at_new_ones() -> None:
    """Have datasets looked at that came before there was a place for it."""
    if trainer_is_online():
        datasets_survey(datasets_all())
