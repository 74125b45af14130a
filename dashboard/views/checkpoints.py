"""The page of the checkpoints; a refusal is the same panel with status 422."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse
from django.shortcuts import render, resolve_url
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from django_htmx.http import HttpResponseClientRedirect, trigger_client_event

from dashboard.bar import bar_panel
from dashboard.checkpoint_panels import (
    checkpoint_asked,
    checkpoint_panel,
    compare_panel,
    keep_panel,
    tree_panel,
)
from dashboard.keep_form import KeepForm
from dashboard.requests import HtmxRequest, PageMissing, experiment_asked, signed_in
from dashboard.requests import experiment_required as required
from trainer.models import Checkpoint, Experiment
from trainer.selectors.checkpoints import checkpoint_current
from trainer.services.calls import TrainerOffline, trainer_require
from trainer.services.checkpoint_compare import comparison_send
from trainer.services.checkpoint_tree import (
    checkpoint_delete,
    checkpoint_fork,
    checkpoint_load,
    checkpoint_rename,
    checkpoint_save,
    checkpoints_keep,
)
from trainer.services.checkpoints import CheckpointRefused
from trainer.services.evals import eval_send
from trainer.services.jobs import JobConflict

REFUSALS = (CheckpointRefused, JobConflict, TrainerOffline)


@require_GET
@never_cache
@signed_in
def checkpoints(request: HtmxRequest) -> HttpResponse:
    """Show the tree of an experiment's states, and one of them."""
    experiment = experiment_asked(request)
    context = bar_panel(experiment)
    context |= {"title": "Checkpoints · ACC", "here": "checkpoints"}
    if experiment is not None:
        chosen = _chosen(request, experiment)
        context |= tree_panel(experiment, chosen) | checkpoint_panel(experiment, chosen)
        context |= keep_panel(experiment)
    return render(request, "pages/checkpoints.html", context)


@require_GET
@never_cache
@signed_in
def partial_checkpoint_tree(request: HtmxRequest) -> HttpResponse:
    """Show the tree, with the states of opened folds; the current one is marked if none else is."""
    experiment = required(request)
    chosen = _chosen_or_current(request, experiment)
    context = tree_panel(experiment, chosen, request.GET.getlist("open"))
    return render(request, "partials/checkpoint_tree.html", context)


@require_GET
@never_cache
@signed_in
def partial_checkpoint(request: HtmxRequest) -> HttpResponse:
    """Show one state; where it is gone, the current one."""
    experiment = required(request)
    context = checkpoint_panel(experiment, _chosen_or_current(request, experiment))
    return render(request, "partials/checkpoint.html", context)


@require_POST
@signed_in
def partial_checkpoint_do(request: HtmxRequest, checkpoint_id: int, verb: str) -> HttpResponse:
    """Do something with one state, and show what is chosen then."""
    if verb not in VERBS:
        raise PageMissing(f"nobody can {verb} a checkpoint")
    experiment = required(request)
    checkpoint = checkpoint_asked(experiment, str(checkpoint_id))
    refusal = ""
    chosen: Checkpoint | None = checkpoint
    try:
        chosen = VERBS[verb](checkpoint, request)
    except REFUSALS as refused:
        refusal = str(refused)
    if not refusal and (verb == "train" or chosen != checkpoint):
        return HttpResponseClientRedirect(_address(experiment, verb, chosen))
    experiment.refresh_from_db()
    context = checkpoint_panel(experiment, checkpoint)
    context |= {"refusal": refusal, "typed": request.POST}
    return _answer(request, "partials/checkpoint.html", context)


@require_http_methods(["GET", "POST"])
@never_cache
@signed_in
def partial_checkpoint_keep(request: HtmxRequest) -> HttpResponse:
    """Show which states are kept, or choose it anew."""
    experiment = required(request)
    if request.method == "GET":
        return render(request, "partials/checkpoint_keep.html", keep_panel(experiment))
    form = KeepForm(experiment, request.POST)
    if form.is_valid():
        try:
            gone = checkpoints_keep(experiment=experiment, **form.cleaned_data)
        except CheckpointRefused as refused:
            form.refuse(str(refused))
        else:
            context = keep_panel(experiment) | {"kept": True, "gone": gone}
            return _answer(request, "partials/checkpoint_keep.html", context)
    context = keep_panel(experiment, form)
    return render(request, "partials/checkpoint_keep.html", context, status=422)


@require_POST
@signed_in
def partial_checkpoint_save(request: HtmxRequest) -> HttpResponse:
    """Keep the present state under a name."""
    experiment = required(request)
    tag = request.POST.get("tag", "").strip()
    context: dict[str, Any] = {"experiment": experiment}
    try:
        saved = checkpoint_save(experiment=experiment, tag=tag, by=request.user.get_username())
    except REFUSALS as refused:
        context |= {"refusal": str(refused), "typed": request.POST}
    else:
        context["saved"] = saved
    return _answer(request, "partials/checkpoint_save.html", context)


@require_GET
@never_cache
@signed_in
def checkpoint_compare(request: HtmxRequest) -> HttpResponse:
    """Show two states side by side."""
    experiment = required(request)
    context = bar_panel(experiment) | compare_panel(experiment, request.GET)
    context |= {"title": "Two checkpoints · ACC", "here": "checkpoints"}
    return render(request, "pages/checkpoint_compare.html", context)


@require_http_methods(["GET", "POST"])
@never_cache
@signed_in
def partial_checkpoint_compare(request: HtmxRequest) -> HttpResponse:
    """Show two states side by side, or have them compared."""
    experiment = required(request)
    refusal = ""
    if request.method == "POST":
        pair = [
            checkpoint_asked(experiment, request.GET.get(name, "")) for name in ("one", "other")
        ]
        try:
            trainer_require()
            comparison_send(one=pair[0], other=pair[1], by=request.user.get_username())
        except REFUSALS as refused:
            refusal = str(refused)
    context = compare_panel(experiment, request.GET) | {"refusal": refusal}
    status = 422 if refusal else 200
    return render(request, "partials/checkpoint_compare.html", context, status=status)


def _answer(request: HtmxRequest, template: str, context: dict[str, Any]) -> HttpResponse:
    """Show a panel after a click; the other panels follow unless it was refused."""
    if context.get("refusal"):
        return render(request, template, context, status=422)
    response = render(request, template, context)
    return trigger_client_event(response, "acc:checkpoints")


def _address(experiment: Experiment, verb: str, chosen: Checkpoint | None) -> str:
    """Return where to go on: to the workbench to train, else to the state that is chosen then."""
    page = "dashboard:workbench" if verb == "train" else "dashboard:checkpoints"
    query, panel = {"experiment": experiment.slug}, ""
    if chosen is not None and verb != "train":
        query["checkpoint"] = str(chosen.pk)
        panel = "#checkpoint-panel"  # which takes the keyboard's place
    return f"{resolve_url(page)}?{urlencode(query)}{panel}"


def _chosen_or_current(request: HtmxRequest, experiment: Experiment) -> Checkpoint | None:
    """Return the chosen state, or the current one: it may have been pruned under an open page."""
    try:
        return _chosen(request, experiment)
    except PageMissing:
        return checkpoint_current(experiment)


def _chosen(request: HtmxRequest, experiment: Experiment) -> Checkpoint | None:
    asked = request.GET.get("checkpoint")
    return checkpoint_asked(experiment, asked) if asked else checkpoint_current(experiment)


def _evaluate(checkpoint: Checkpoint, request: HtmxRequest) -> Checkpoint:
    trainer_require()
    by = request.user.get_username()
    eval_send(experiment=checkpoint.experiment, checkpoint=checkpoint, by=by)
    return checkpoint


def _delete(checkpoint: Checkpoint, _: HtmxRequest) -> None:
    checkpoint_delete(checkpoint=checkpoint)


def _load(checkpoint: Checkpoint, _: HtmxRequest) -> Checkpoint:
    return checkpoint_load(checkpoint=checkpoint)


def _fork(checkpoint: Checkpoint, request: HtmxRequest) -> Checkpoint:
    return checkpoint_fork(checkpoint=checkpoint, new_tag=request.POST.get("new_tag", "").strip())


def _rename(checkpoint: Checkpoint, request: HtmxRequest) -> Checkpoint:
    return checkpoint_rename(checkpoint=checkpoint, tag=request.POST.get("tag", "").strip())


VERBS: dict[str, Callable[[Checkpoint, HtmxRequest], Checkpoint | None]] = {
    "load": _load,
    "train": _load,
    "fork": _fork,
    "rename": _rename,
    "evaluate": _evaluate,
    "delete": _delete,
}
