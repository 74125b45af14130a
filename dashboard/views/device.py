"""The menu of the devices, in the bar of every page."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from dashboard.bar import device_panel
from dashboard.requests import HtmxRequest, experiment_required, signed_in
from trainer.services.calls import TrainerOffline
from trainer.services.experiment_life import experiment_set_device
from trainer.services.experiments import ExperimentRefused


@require_http_methods(["GET", "POST"])
@never_cache
@signed_in
def partial_device(request: HtmxRequest) -> HttpResponse:
    """Show where the experiment trains; choose another device for its next job."""
    experiment = experiment_required(request)
    refusal = ""
    if request.method == "POST":
        try:
            experiment_set_device(experiment=experiment, device=request.POST.get("device", ""))
        except (ExperimentRefused, TrainerOffline) as refused:
            refusal = str(refused)
    context = device_panel(experiment) | {"experiment": experiment, "device_refusal": refusal}
    return render(request, "partials/device.html", context, status=422 if refusal else 200)
