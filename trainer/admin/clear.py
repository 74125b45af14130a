"""The admin's way to make room: what would go is said first, and goes on a second click."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.defaultfilters import filesizeformat
from django.template.response import TemplateResponse

from trainer.models import Job
from trainer.services.retention import Keep, jobs_clear

Action = Callable[[Any, HttpRequest, QuerySet[Job]], HttpResponse | None]


def _action(name: str, words: str, keep: Keep) -> Action:
    def act(model_admin: Any, request: HttpRequest, jobs: QuerySet[Job]) -> HttpResponse | None:
        is_confirmed = "confirm" in request.POST
        starred_too = "starred_too" in request.POST
        room = jobs_clear(jobs=jobs, keep=keep, starred_too=starred_too, dry_run=not is_confirmed)
        if is_confirmed:
            size = filesizeformat(room.size_bytes)
            messages.success(request, f"{len(room.jobs)} jobs lost {size} of points.")
            return None
        context = {
            **model_admin.admin_site.each_context(request),
            "title": words,
            "opts": model_admin.model._meta,
            "room": room,
            "keeps_levels": keep == Keep.LEVELS,
            "action": name,
            "checkbox": ACTION_CHECKBOX_NAME,
            "selected": request.POST.getlist(ACTION_CHECKBOX_NAME),
            "select_across": request.POST.get("select_across", "0"),
        }
        return TemplateResponse(request, "admin/clear_points.html", context)

    act.__name__ = name
    decorated: Action = admin.action(description=words, permissions=["clear"])(act)
    return decorated


thin_points = _action("thin_points", "Thin the points of the selected jobs", Keep.LEVELS)
delete_points = _action("delete_points", "Delete the points of the selected jobs", Keep.NOTHING)
