"""The pages of the experiments: making one, its name, in and out of the menu."""

from collections.abc import Callable

from django.http import HttpResponse
from django.shortcuts import render, resolve_url
from django.utils.http import urlencode
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from django_htmx.http import HttpResponseClientRedirect, HttpResponseClientRefresh

from dashboard.bar import bar_panel
from dashboard.class_form import OF_CLASS, carried_over
from dashboard.experiment_form import (
    IMAGE_SHAPE,
    ExperimentForm,
    experiment_usual_dataset,
    shape_initial,
)
from dashboard.experiment_panels import Refused, experiments_panel
from dashboard.requests import (
    HtmxRequest,
    PageMissing,
    experiment_asked,
    signed_in,
)
from dashboard.task_params import PARAM
from trainer.models import Experiment, Registry
from trainer.selectors.experiments import experiment_get
from trainer.selectors.registry import classes_offered
from trainer.services.calls import CallRefused, TrainerOffline
from trainer.services.experiment_life import (
    experiment_archive,
    experiment_bring_back,
    experiment_new,
    experiment_rename,
    experiment_slug_default,
)
from trainer.services.experiments import ExperimentRefused, experiment_activate
from trainer.services.sources import ClassMissing


@require_GET
@never_cache
@signed_in
def experiments(request: HtmxRequest) -> HttpResponse:
    """Show every experiment: what it is made of, and what may be done with it."""
    experiment = experiment_asked(request)
    context = bar_panel(experiment) | experiments_panel(experiment)
    context |= {"title": "Experiments · ACC", "here": "experiments"}
    return render(request, "pages/experiments.html", context)


@require_GET
@never_cache
@signed_in
def experiment_form(request: HtmxRequest) -> HttpResponse:
    """Show the form that makes an experiment."""
    context = bar_panel(experiment_asked(request)) | _form_context(request)
    context |= {"title": "New experiment · ACC", "here": "experiments"}
    return render(request, "pages/experiment_new.html", context)


@require_http_methods(["GET", "POST"])
@never_cache
@signed_in
def partial_experiment_new(request: HtmxRequest) -> HttpResponse:
    """Show the part of the form that depends on class and dataset; make what was typed."""
    if request.method == "GET":
        return render(request, "partials/experiment_class.html", _form_context(request))
    offered = classes_offered(Registry.MODELS)
    form = ExperimentForm(offered, request.POST.get("class_name", ""), request.POST)
    made = _made(form, by=request.user.get_username()) if form.is_valid() else None
    if made is not None:
        query = urlencode({"experiment": made.slug})
        return HttpResponseClientRedirect(f"{resolve_url('dashboard:workbench')}?{query}")
    hidden = carried_over(request.POST, None, form.row)[1]
    context = {"form": form, "hidden_fields": hidden}
    return render(request, "partials/experiment_new.html", context, status=422)


def _made(form: ExperimentForm, *, by: str) -> Experiment | None:
    """Make the experiment; a refusal goes into the form, and there is none."""
    asked = form.cleaned_data
    try:
        return experiment_new(
            name=asked["name"],
            slug=asked["slug"] or experiment_slug_default(asked["name"]),
            model_class=asked["class_name"],
            model_config=form.params(),
            by=by,
        )
    except CallRefused as refusal:
        form.refuse(str(refusal))
    except ClassMissing as missing:
        form.add_error("class_name", str(missing))
    except (ExperimentRefused, TrainerOffline) as refusal:
        form.add_error(None, str(refusal))
    return None


def _form_context(request: HtmxRequest) -> dict[str, object]:
    """Return the form as far as it was filled in; a newly chosen dataset sets the size."""
    offered = classes_offered(Registry.MODELS)
    chosen = request.GET.get("class_name") or (offered[0].class_name if offered else "")
    dataset = request.GET.get("dataset", experiment_usual_dataset())
    rows = {row.class_name: row for row in offered}
    typed = request.GET.copy()
    typed.pop(PARAM + IMAGE_SHAPE, None)
    kept, hidden = carried_over(typed, rows.get(typed.get(OF_CLASS, "")), rows.get(chosen))
    initial = {"dataset": dataset, **shape_initial(dataset), **kept}
    return {"form": ExperimentForm(offered, chosen, initial=initial), "hidden_fields": hidden}


@require_POST
@signed_in
def partial_experiment_rename(request: HtmxRequest, slug: str) -> HttpResponse:
    """Give the experiment the name that was typed, which stays in the field either way."""
    name = request.POST.get("name", "")
    return _changed(
        request, slug, lambda found: experiment_rename(experiment=found, name=name), name=name
    )


@require_POST
@signed_in
def partial_experiment_archive(request: HtmxRequest, slug: str) -> HttpResponse:
    """Take the experiment out of the menu."""
    return _changed(request, slug, experiment_archive)


@require_POST
@signed_in
def partial_experiment_bring_back(request: HtmxRequest, slug: str) -> HttpResponse:
    """Offer the experiment in the menu again."""
    return _changed(request, slug, experiment_bring_back)


@require_POST
@signed_in
def partial_experiment_activate(request: HtmxRequest, slug: str) -> HttpResponse:
    """Make the experiment the one that is meant where none is named."""
    return _changed(request, slug, experiment_activate)


def _changed(
    request: HtmxRequest,
    slug: str,
    change: Callable[[Experiment], object],
    *,
    name: str | None = None,
) -> HttpResponse:
    """Carry out a change and show the page anew; a refusal is the same panel with status 422."""
    found = experiment_get(slug)
    if found is None:
        raise PageMissing(f"there is no experiment '{slug}'")
    try:
        change(found)
    except ExperimentRefused as refusal:
        context = experiments_panel(
            experiment_asked(request), Refused(found.pk, str(refusal), name)
        )
        return render(request, "partials/experiments.html", context, status=422)
    # The bar names experiments too.
    return HttpResponseClientRefresh()
