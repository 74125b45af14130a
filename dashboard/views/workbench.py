"""The first page."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from dashboard.forms import TrainForm
from dashboard.panels import curves_panel, jobs_panel, run_panel, tasks_panel
from dashboard.requests import HtmxRequest, experiment_asked, signed_in
from trainer.selectors.nodes import devices_available, trainer_is_online
from trainer.selectors.pages import experiments_all


@require_GET
@never_cache
@signed_in
def workbench(request: HtmxRequest) -> HttpResponse:
    """Show an experiment: train, curves, tasks and jobs."""
    experiment = experiment_asked(request)
    devices = devices_available()
    context: dict[str, Any] = {
        "title": f"{experiment.name} - ACC" if experiment else "ACC",
        "experiment": experiment,
        "experiments": experiments_all(),
        "trainer_online": trainer_is_online(),
        "device": (experiment and experiment.device) or next(iter(devices), ""),
    }
    if experiment:
        context |= curves_panel(experiment, request.GET.get("job"))
        context |= jobs_panel(experiment) | tasks_panel(experiment) | run_panel(experiment)
        context["form"] = TrainForm()
    return render(request, "pages/workbench.html", context)
