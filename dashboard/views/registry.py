"""The pages of the classes on offer: what files give, what is wrong with them, every version."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from dashboard.bar import badge_panel, bar_panel
from dashboard.registry_panels import classes_panel, errors_panel
from dashboard.requests import HtmxRequest, experiment_asked, signed_in
from dashboard.source_panels import diff_panel, source_panel


@require_GET
@never_cache
@signed_in
def registry(request: HtmxRequest) -> HttpResponse:
    """Show every class on offer, and above them the files that are broken."""
    context = bar_panel(experiment_asked(request)) | classes_panel() | errors_panel()
    context |= {"title": "Classes · ACC", "here": "classes"}
    return render(request, "pages/registry.html", context)


@require_GET
@never_cache
@signed_in
def source(request: HtmxRequest, sha256: str) -> HttpResponse:
    """Show the stored text of one version."""
    panel = source_panel(sha256)
    context = bar_panel(experiment_asked(request)) | panel | {"title": f"{panel['label']} · ACC"}
    return render(request, "pages/source.html", context)


@require_GET
@never_cache
@signed_in
def diff(request: HtmxRequest, old: str, new: str) -> HttpResponse:
    """Show what changed from one version to another."""
    context = bar_panel(experiment_asked(request)) | diff_panel(old, new)
    return render(request, "pages/diff.html", context | {"title": "Difference · ACC"})


@require_GET
@never_cache
@signed_in
def partial_registry_classes(request: HtmxRequest) -> HttpResponse:
    """Show every class on offer."""
    return render(request, "partials/registry_classes.html", classes_panel())


@require_GET
@never_cache
@signed_in
def partial_registry_errors(request: HtmxRequest) -> HttpResponse:
    """Show the files that are broken."""
    return render(request, "partials/registry_errors.html", errors_panel())


@require_GET
@never_cache
@signed_in
def partial_registry_badge(request: HtmxRequest) -> HttpResponse:
    """Show how many files are broken."""
    return render(request, "partials/registry_badge.html", badge_panel())
