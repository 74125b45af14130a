"""The page of the latent: what a state of the model holds."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from dashboard.bar import bar_panel
from dashboard.checkpoint_panels import checkpoint_asked
from dashboard.latent_panel import latent_panel
from dashboard.requests import HtmxRequest, experiment_asked, experiment_required, signed_in
from trainer.selectors.datasets import dataset_get
from trainer.services.calls import TrainerOffline, trainer_require
from trainer.services.latents import LatentWish, latent_send


@require_GET
@never_cache
@signed_in
def latent(request: HtmxRequest) -> HttpResponse:
    """Show what the latent of an experiment's model holds."""
    experiment = experiment_asked(request)
    context = bar_panel(experiment) | {
        "title": "Latent · ACC",
        "here": "latent",
    }
    if experiment is not None:
        context |= latent_panel(experiment)
    return render(request, "pages/latent.html", context)


@require_GET
@never_cache
@signed_in
def partial_latent(request: HtmxRequest) -> HttpResponse:
    """Show the same as the page, without the page around it."""
    return render(request, "partials/latent.html", latent_panel(experiment_required(request)))


@require_POST
@signed_in
def partial_latent_look(request: HtmxRequest) -> HttpResponse:
    """Have the latent of a state looked at; the panel says so until the pictures are there."""
    experiment = experiment_required(request)
    number, name = request.POST.get("checkpoint", ""), request.POST.get("dataset", "")
    wish = LatentWish(
        experiment=experiment,
        dataset=dataset_get(name),
        checkpoint=checkpoint_asked(experiment, number) if number else None,
    )
    refusal = (
        f"dataset '{name}' is deleted; choose another one" if name and not wish.dataset else ""
    )
    if not refusal:
        try:
            trainer_require()
            latent_send(wish, by=request.user.get_username())
        except TrainerOffline as offline:
            refusal = str(offline)
    context = latent_panel(experiment) | {"refusal": refusal}
    return render(request, "partials/latent.html", context, status=422 if refusal else 200)
