"""Runs of recipes whose worker dies, sleeps or leaves: claims, leases, fences."""

import datetime

import pytest
from django.utils import timezone

from tests.trainer.rows import offer_make
from trainer.models import RecipeRun
from trainer.services.jobs import MOST_FRUITLESS_RESTARTS, FenceLostError
from trainer.services.recipe_life import (
    recipe_claim,
    recipe_end,
    recipe_lease_renew,
    recipe_requeue,
    recipe_write,
)
from trainer.services.recipe_steps import phase_begin, phase_complete, step_begin
from trainer.services.recipes import recipe_start, recipe_stop
from trainer.services.reconciler import reconcile_once
from trainer.services.registry import registry_store
from trainer.services.workers import worker_name

pytestmark = [
    pytest.mark.portable,
    pytest.mark.django_db,
    pytest.mark.usefixtures("valkey", "still_clock"),
]
DEAD = "another-host:1:1"


@pytest.fixture
def queued(db):
    registry_store(registry="recipes", offers=[offer_make("FoldRecipe")], errors=[])
    return recipe_start(recipe_name="FoldRecipe")


@pytest.fixture
def held(queued):
    run = recipe_claim(queued.pk, worker=DEAD)
    assert run is not None
    return run


def expire(run):
    """Let the lease be over."""
    past = timezone.now() - datetime.timedelta(seconds=1)
    RecipeRun.objects.filter(pk=run.pk).update(lease_until=past)


def test_a_run_is_claimed_once(queued):
    assert recipe_claim(queued.pk, worker=worker_name()) is not None
    assert recipe_claim(queued.pk, worker=worker_name()) is None


def test_a_run_whose_lease_is_over_waits_for_the_next_worker_and_shuts_the_last_one_out(held):
    reconcile_once()
    assert RecipeRun.objects.get().state == RecipeRun.State.RUNNING
    expire(held)
    reconcile_once(trust_leases=False)
    assert RecipeRun.objects.get().state == RecipeRun.State.RUNNING
    reconcile_once()
    assert RecipeRun.objects.get().state == RecipeRun.State.QUEUED
    again = recipe_claim(held.pk, worker=worker_name())
    assert again is not None
    for late in (
        lambda: recipe_lease_renew(held, seconds=1),
        lambda: recipe_write(held, current_phase="late"),
        lambda: recipe_end(held, state=RecipeRun.State.COMPLETED),
        lambda: phase_begin(held, "late"),
        lambda: step_begin(held, phase="late", kind="log", asked={}),
    ):
        with pytest.raises(FenceLostError):
            late()
    again.refresh_from_db()
    assert (again.state, again.current_phase, again.steps.count()) == ("running", "", 0)


def test_a_dead_worker_of_this_machine_is_known_without_waiting_for_its_lease(queued):
    name = worker_name().rpartition(":")[0]
    assert recipe_claim(queued.pk, worker=f"{name}:0") is not None
    reconcile_once()
    assert RecipeRun.objects.get().state == RecipeRun.State.QUEUED


def test_a_recipe_that_kills_each_worker_ends_failed(held):
    RecipeRun.objects.update(fruitless_restarts=MOST_FRUITLESS_RESTARTS - 1)
    phase_begin(held, "deadly")
    expire(held)
    reconcile_once()
    run = RecipeRun.objects.get()
    assert run.state == RecipeRun.State.FAILED
    assert "died 10 times in the phase 'deadly'" in run.error


def test_a_completed_phase_forgives_the_restarts_before_it(held):
    RecipeRun.objects.update(fruitless_restarts=5)
    phase_begin(held, "fine")
    phase_complete(held)
    assert RecipeRun.objects.get().fruitless_restarts == 0


def test_a_stop_that_a_dead_worker_never_heard_ends_the_run(held):
    recipe_stop(run=held, by="ada")
    expire(held)
    reconcile_once()
    run = RecipeRun.objects.get()
    assert (run.state, run.error) == (RecipeRun.State.STOPPED, "")
    recipe_requeue(run)
    assert RecipeRun.objects.get().state == RecipeRun.State.STOPPED
