"""Changing an attached task from its card; a refusal is the same card with status 422."""

from collections.abc import Callable

from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST
from django_htmx.http import reswap, retarget, trigger_client_event

from dashboard.card_panels import Refusal, card_panel, tasks_panel
from dashboard.requests import LARGEST_ID, HtmxRequest, experiment_required, signed_in
from dashboard.task_detail import detail_panel
from dashboard.task_params import read_number
from trainer.models import Experiment, TaskCard
from trainer.selectors.experiments import card_of_id
from trainer.services.calls import CallRefused, TrainerOffline
from trainer.services.card_add import CardRefused
from trainer.services.cards import card_remove, card_restore, card_set_weight, card_toggle
from trainer.services.sources import ClassMissing
from trainer.services.task_add import card_duplicate

REFUSALS = (CardRefused, CallRefused, ClassMissing, TrainerOffline)


@require_POST
@signed_in
def partial_card_weight(request: HtmxRequest, card_id: int) -> HttpResponse:
    """Change the weight to what was typed, which stays in the field either way."""
    typed = request.POST.get("weight", "").strip()
    by = request.user.get_username()

    def change(card: TaskCard) -> None:
        try:
            weight = read_number(typed)
        except ValidationError as error:
            raise CardRefused(f"weight: {' '.join(error.messages)}") from error
        card_set_weight(card=card, weight=weight, by=by)

    return _changed(request, card_id, change, weight=typed)


@require_POST
@signed_in
def partial_card_toggle(request: HtmxRequest, card_id: int) -> HttpResponse:
    """Enable or disable the task, as the pressed switch says; twice is once."""
    wanted = request.POST.get("enabled") == "true"
    by = request.user.get_username()

    def change(card: TaskCard) -> None:
        if card.enabled != wanted:
            card_toggle(card=card, by=by)

    return _changed(request, card_id, change)


@require_POST
@signed_in
def partial_card_remove(request: HtmxRequest, card_id: int) -> HttpResponse:
    """Detach the task; the panel then offers for a while to undo it."""
    by = request.user.get_username()
    return _changed(request, card_id, lambda card: card_remove(card=card, by=by))


@require_POST
@signed_in
def partial_card_duplicate(request: HtmxRequest, card_id: int) -> HttpResponse:
    """Attach one more task like this one, under a free name."""
    by = request.user.get_username()
    added = []
    response = _changed(
        request, card_id, lambda card: added.append(card_duplicate(card=card, by=by))
    )
    for card in added:
        trigger_client_event(response, "acc:task-said", {"words": f"Added {card.name}."})
    return response


@require_POST
@signed_in
def partial_card_restore(request: HtmxRequest) -> HttpResponse:
    """Bring back the task of a name that was removed a moment ago."""
    experiment = experiment_required(request)
    name = request.POST.get("name", "")
    try:
        card_restore(experiment=experiment, name=name, by=request.user.get_username())
    except CardRefused as refused:
        context = tasks_panel(experiment, (name, str(refused)))
        return render(request, "partials/task_cards.html", context, status=422)
    return render(request, "partials/task_cards.html", tasks_panel(experiment))


@require_GET
@never_cache
@signed_in
def partial_task_detail(request: HtmxRequest, card_id: int) -> HttpResponse:
    """Show everything about one task."""
    card = _card(experiment_required(request), card_id)
    return render(request, "partials/task_detail.html", detail_panel(card))


def _card(experiment: Experiment, card_id: int) -> TaskCard | None:
    return card_of_id(experiment, card_id) if card_id <= LARGEST_ID else None


def _changed(
    request: HtmxRequest,
    card_id: int,
    change: Callable[[TaskCard], object],
    *,
    weight: str | None = None,
) -> HttpResponse:
    """Carry out a change and return the card as it is now, or with the refusal."""
    experiment = experiment_required(request)
    card = _card(experiment, card_id)
    refusal = None
    if card is not None:
        try:
            change(card)
        except REFUSALS as refused:
            # The card ends the sentence itself; those of the forms end already.
            refusal = Refusal(str(refused).rstrip("."), weight)
        card = _card(experiment, card_id)
    if card is None:
        # Gone, by this call or by somebody else's: the panel says so.
        return trigger_client_event(HttpResponse(status=204), "acc:tasks")
    context = card_panel(card, refusal)
    status = 422 if refusal else 200
    response = render(request, "partials/task_card.html", context, status=status)
    response = reswap(retarget(response, f"#task-card-{card.pk}"), "outerHTML")
    return response if refusal else trigger_client_event(response, "acc:tasks")
