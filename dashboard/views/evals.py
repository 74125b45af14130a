"""Evaluations on the page: asked for by a button, shown by a panel that follows their end."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from dashboard.eval_panel import eval_panel
from dashboard.requests import HtmxRequest, experiment_required, signed_in
from trainer.services.calls import TrainerOffline, trainer_require
from trainer.services.evals import eval_send


@require_GET
@never_cache
@signed_in
def partial_eval(request: HtmxRequest) -> HttpResponse:
    """Show the newest evaluation."""
    return render(request, "partials/eval.html", eval_panel(experiment_required(request)))


@require_POST
@signed_in
def partial_eval_run(request: HtmxRequest) -> HttpResponse:
    """Have the model evaluated; the panel says so until the numbers are there."""
    experiment = experiment_required(request)
    refusal = ""
    try:
        trainer_require()
        eval_send(experiment=experiment, by=request.user.get_username())
    except TrainerOffline as offline:
        refusal = str(offline)
    context = eval_panel(experiment) | {"refusal": refusal}
    return render(request, "partials/eval.html", context, status=422 if refusal else 200)
