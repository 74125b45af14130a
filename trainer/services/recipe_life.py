"""The life of a run of a recipe: every change of its state is written here, as for a job."""

import datetime
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.db.models.functions import Coalesce
from django.utils import timezone

from trainer.live.events import SYSTEM_GROUP
from trainer.models import RecipeRun
from trainer.selectors.recipes import recipe_as_dict
from trainer.services.announce import announce
from trainer.services.jobs import MOST_FRUITLESS_RESTARTS, FenceLostError
from trainer.services.queue import recipe_wake


@transaction.atomic
def recipe_claim(run_id: int, *, worker: str) -> RecipeRun | None:
    """Move a queued run to running; None if it is no longer queued. One conditional UPDATE."""
    claimed = RecipeRun.objects.filter(pk=run_id, state=RecipeRun.State.QUEUED).update(
        state=RecipeRun.State.RUNNING,
        worker=worker,
        fence=F("fence") + 1,
        lease_until=_lease_end(),
        started_at=Coalesce("started_at", timezone.now()),
    )
    if not claimed:
        return None
    run = RecipeRun.objects.select_related("experiment").get(pk=run_id)
    recipe_announce(run)
    return run


def recipe_held(run: RecipeRun) -> QuerySet[RecipeRun]:
    """Return the run's row if this claim of it still counts, else no row."""
    return RecipeRun.objects.filter(pk=run.pk, fence=run.fence, state=RecipeRun.State.RUNNING)


def recipe_hold(run: RecipeRun) -> None:
    """Keep the run's row for the rest of the transaction, so that no other claim comes between.

    Raises:
        FenceLostError: the run is no longer this worker's.
    """
    if not list(recipe_held(run).select_for_update().values_list("pk", flat=True)):
        raise _lost(run)


def recipe_write(run: RecipeRun, **values: Any) -> None:
    """Change a held run's row, and `run` with it; raises as `recipe_hold`."""
    if not recipe_held(run).update(**values):
        raise _lost(run)
    for name, value in values.items():
        setattr(run, name, value)


def recipe_lease_renew(run: RecipeRun, *, seconds: float) -> bool:
    """Say that the worker is alive, and has been for so long; return whether to stop is asked.

    Raises:
        FenceLostError: the run is no longer this worker's.
    """
    held = recipe_held(run)
    if not held.update(lease_until=_lease_end(), active_seconds=F("active_seconds") + seconds):
        raise _lost(run)
    return held.filter(stop_asked_at__isnull=False).exists()


@transaction.atomic
def recipe_end(
    run: RecipeRun, *, state: RecipeRun.State, error: str = "", traceback: str = ""
) -> None:
    """Bring a held run to its end.

    Raises:
        FenceLostError: the run is no longer this worker's.
    """
    ended = recipe_held(run).update(
        state=state,
        completed_at=timezone.now(),
        lease_until=None,
        error=error,
        traceback=traceback,
    )
    if not ended:
        raise _lost(run)
    recipe_announce(run)


@transaction.atomic
def recipe_end_unheld(run: RecipeRun, *, state: RecipeRun.State, error: str = "") -> bool:
    """End a run that no worker holds; return whether it was still so."""
    ended = RecipeRun.objects.filter(
        pk=run.pk, state__in=(RecipeRun.State.QUEUED, RecipeRun.State.INTERRUPTED)
    ).update(state=state, completed_at=timezone.now(), error=error)
    if ended:
        recipe_announce(run)
    return bool(ended)


@transaction.atomic
def recipe_interrupt(run: RecipeRun) -> None:
    """Give a held run back, since its worker is leaving; nothing where it is not held any more."""
    _interrupt(recipe_held(run), run, fruitless=False)


@transaction.atomic
def recipe_take_from_silent(run: RecipeRun, *, known_dead: bool) -> None:
    """Take a held run from a worker that is dead, or whose lease is over.

    The lease is looked at once more in the UPDATE: it may have been renewed a moment ago.
    """
    held = recipe_held(run)
    if not known_dead:
        held = held.filter(Q(lease_until=None) | Q(lease_until__lt=timezone.now()))
    _interrupt(held, run, fruitless=True)


def _interrupt(held: QuerySet[RecipeRun], run: RecipeRun, *, fruitless: bool) -> None:
    taken = held.update(
        state=RecipeRun.State.INTERRUPTED,
        fence=F("fence") + 1,
        lease_until=None,
        fruitless_restarts=F("fruitless_restarts") + (1 if fruitless else 0),
    )
    if taken:
        recipe_announce(run)


@transaction.atomic
def recipe_requeue(run: RecipeRun) -> None:
    """Queue an interrupted run again, unless it was to stop, or kills each worker it gets."""
    if run.stop_asked_at is not None:
        recipe_end_unheld(run, state=RecipeRun.State.STOPPED)
        return
    if run.fruitless_restarts >= MOST_FRUITLESS_RESTARTS:
        sentence = (
            f"the worker died {run.fruitless_restarts} times in the phase '{run.current_phase}'; "
            "run the recipe anew to try again"
        )
        recipe_end_unheld(run, state=RecipeRun.State.FAILED, error=sentence)
        return
    requeued = RecipeRun.objects.filter(pk=run.pk, state=RecipeRun.State.INTERRUPTED).update(
        state=RecipeRun.State.QUEUED, enqueued_at=timezone.now(), worker=""
    )
    if requeued:
        recipe_announce(run)
        transaction.on_commit(lambda: recipe_wake(run.pk))


def recipe_announce(run: RecipeRun) -> None:
    """Tell every open page of a run as it is now in the database."""
    # Read anew: the object in the worker's hands keeps the fence of its own claim.
    now = RecipeRun.objects.select_related("experiment").get(pk=run.pk)
    announce(SYSTEM_GROUP, {"type": "recipe", "recipe": recipe_as_dict(now)})


def _lost(run: RecipeRun) -> FenceLostError:
    return FenceLostError(f"recipe run {run.pk} was taken from {run.worker}")


def _lease_end() -> datetime.datetime:
    return timezone.now() + datetime.timedelta(seconds=settings.ACC_LEASE_SECONDS)
