"""What an open page fetches again when a live message says that it is out of date."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET
from django_htmx.http import HttpResponseClientRefresh

from dashboard.bar import awaited_panel, warnings_panel
from dashboard.card_panels import tasks_panel
from dashboard.curves_panel import curves_panel
from dashboard.requests import HtmxRequest, experiment_asked, experiment_required, signed_in
from dashboard.run_panel import run_panel
from trainer.selectors.experiments import experiments_offered


@require_GET
@never_cache
@signed_in
def partial_run(request: HtmxRequest) -> HttpResponse:
    """Show how far the active job is."""
    return render(request, "partials/run.html", run_panel(experiment_required(request)))


@require_GET
@never_cache
@signed_in
def partial_loss_curves(request: HtmxRequest) -> HttpResponse:
    """Show the panel of one job's curves; the page fetches the points itself."""
    context = curves_panel(experiment_required(request), request.GET.get("job"))
    return render(request, "partials/loss_curves.html", context)


@require_GET
@never_cache
@signed_in
def partial_events(request: HtmxRequest) -> HttpResponse:
    """Show what happened to the job whose curves are shown."""
    context = curves_panel(experiment_required(request), request.GET.get("job"))
    if context["curves_job"] is None:
        return HttpResponse(status=204)
    return render(request, "partials/events.html", context)


@require_GET
@never_cache
@signed_in
def partial_tasks(request: HtmxRequest) -> HttpResponse:
    """Show the attached tasks."""
    return render(request, "partials/task_cards.html", tasks_panel(experiment_required(request)))


@require_GET
@never_cache
@signed_in
def partial_warnings(request: HtmxRequest) -> HttpResponse:
    """Show what goes wrong now."""
    return render(request, "partials/warnings.html", warnings_panel())


@require_GET
@never_cache
@signed_in
def partial_awaited(request: HtmxRequest) -> HttpResponse:
    """Reload the empty workbench once there is an experiment; else say what is awaited."""
    if experiment_asked(request) is None:
        return render(
            request, "components/no_experiment.html", awaited_panel(experiments_offered())
        )
    return HttpResponseClientRefresh()
