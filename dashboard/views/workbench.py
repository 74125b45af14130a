"""The first page."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from dashboard.bar import bar_panel
from dashboard.card_panels import tasks_panel
from dashboard.curves_panel import curves_panel
from dashboard.eval_panel import eval_panel
from dashboard.forms import train_form
from dashboard.jobs_panel import jobs_panel
from dashboard.recon_panel import recon_panel
from dashboard.requests import HtmxRequest, experiment_asked, signed_in
from dashboard.run_panel import run_panel
from trainer.selectors.experiments import is_demo


@require_GET
@never_cache
@signed_in
def workbench(request: HtmxRequest) -> HttpResponse:
    """Show an experiment: train, curves, tasks and jobs."""
    experiment = experiment_asked(request)
    context: dict[str, Any] = {
        "title": f"{experiment.name} · ACC" if experiment else "ACC",
        **bar_panel(experiment),
    }
    if experiment:
        context |= curves_panel(experiment, request.GET.get("job"))
        context |= (
            jobs_panel(experiment, request.GET) | tasks_panel(experiment) | run_panel(experiment)
        )
        context |= eval_panel(experiment) | recon_panel(experiment, order=None)
        context |= {
            "form": train_form(experiment),
            "tour_here": True,
            "is_demo": is_demo(experiment),
        }
    return render(request, "pages/workbench.html", context)
