"""The pages of recipes: those on offer with their forms, runs, and one run with its comparison."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST
from django_htmx.http import trigger_client_event

from dashboard.bar import bar_panel
from dashboard.recipe_form import RecipeForm
from dashboard.recipe_panels import run_panel, runs_panel
from dashboard.requests import LARGEST_ID, HtmxRequest, PageMissing, experiment_asked, signed_in
from trainer.models import RecipeRun, Registry
from trainer.selectors.recipes import recipe_get
from trainer.selectors.registry import class_offered, classes_offered
from trainer.services.calls import CallRefused
from trainer.services.parameters import ParameterRefused
from trainer.services.recipes import RecipeRefused, recipe_start, recipe_stop
from trainer.services.sources import ClassMissing


@require_GET
@never_cache
@signed_in
def recipes(request: HtmxRequest) -> HttpResponse:
    """Show the runs, and each recipe on offer with its form."""
    forms = [RecipeForm(row) for row in classes_offered(Registry.RECIPES)]
    context = bar_panel(experiment_asked(request)) | runs_panel() | {"forms": forms}
    context |= {"title": "Recipes · ACC", "here": "recipes"}
    return render(request, "pages/recipes.html", context)


@require_GET
@never_cache
@signed_in
def recipe_run(request: HtmxRequest, run_id: int) -> HttpResponse:
    """Show one run: how far it came, what it did, how its branches compare."""
    run = _run(run_id)
    context = bar_panel(run.experiment or experiment_asked(request)) | run_panel(run)
    context["title"] = f"{run.recipe_name} {run.pk} · ACC"
    return render(request, "pages/recipe_run.html", context)


@require_GET
@never_cache
@signed_in
def partial_recipe_runs(request: HtmxRequest) -> HttpResponse:
    """Show the runs."""
    return render(request, "partials/recipe_runs.html", runs_panel())


@require_GET
@never_cache
@signed_in
def partial_recipe_run(request: HtmxRequest, run_id: int) -> HttpResponse:
    """Show the same as the page of a run, without the page around it."""
    return render(request, "partials/recipe_run.html", run_panel(_run(run_id)))


@require_POST
@signed_in
def partial_recipe_start(request: HtmxRequest, class_name: str) -> HttpResponse:
    """Run a recipe with what was typed, which stays in the form either way."""
    row = class_offered(Registry.RECIPES, class_name)
    if row is None:
        raise PageMissing(f"no recipe is called '{class_name}' any more; reload the page")
    form = RecipeForm(row, request.POST)
    run, experiment = None, experiment_asked(request)
    if form.is_valid():
        try:
            run = recipe_start(
                recipe_name=class_name,
                params=form.params(),
                experiment=experiment,
                by=request.user.get_username(),
            )
        except (CallRefused, ClassMissing, ParameterRefused, RecipeRefused) as refusal:
            form.refuse(str(refusal))
    context = {"form": form, "started": run, "experiment": experiment}
    response = render(request, "partials/recipe_form.html", context, status=200 if run else 422)
    return trigger_client_event(response, "acc:recipe-runs", after="settle")


@require_POST
@signed_in
def partial_recipe_stop(request: HtmxRequest, run_id: int) -> HttpResponse:
    """Stop the run that the button was shown for, on its page or in the list of runs."""
    run, refusal = _run(run_id), ""
    try:
        recipe_stop(run=run, by=request.user.get_username())
    except RecipeRefused as refused:
        refusal = str(refused)
    listed = request.GET.get("shown") == "runs"
    template = "partials/recipe_runs.html" if listed else "partials/recipe_run.html"
    panel = runs_panel() if listed else run_panel(_run(run_id))
    status = 422 if refusal else 200
    return render(request, template, panel | {"refusal": refusal}, status=status)


def _run(run_id: int) -> RecipeRun:
    run = recipe_get(run_id) if run_id <= LARGEST_ID else None
    if run is None:
        raise PageMissing(f"there is no recipe run {run_id}")
    return run
