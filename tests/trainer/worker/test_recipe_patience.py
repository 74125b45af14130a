"""A recipe beside a trainer that is there and takes no question for a while."""

import threading

import pytest

from tests.setup.trainer import trainer_stays
from tests.trainer.worker.recipes import others_at_work, recipe_offer, run_apart, run_now
from trainer.models import Call, RecipeRun
from trainer.services import calls
from trainer.services.queue import call_wake
from trainer.services.recipes import recipe_start
from trainer.worker import recipe_context

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("valkey")]

SHORT_SECONDS = 0.3


@pytest.fixture(autouse=True)
def _no_time_for_a_class_of_ones_own(settings):
    """Else a question that makes a model waits for as long as its code may take as well."""
    settings.ACC_EVAL_SECONDS = 0


def test_a_run_waits_for_a_busy_trainer_and_asks_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calls, "PATIENCE_SECONDS", SHORT_SECONDS)
    recipe_offer()
    run = recipe_start(recipe_name="TinyRecipe", by="ada")
    trainer_stays()
    asked_again = threading.Event()

    def asked(call_id: int, *, limit_seconds: int | None = None) -> None:
        """Let the trainer come to the question after one that was given up."""
        if Call.objects.filter(state=Call.State.REFUSED).exists():
            monkeypatch.setattr(calls, "PATIENCE_SECONDS", 60.0)
            asked_again.set()
        call_wake(call_id, limit_seconds=limit_seconds)

    monkeypatch.setattr(calls, "call_wake", asked)
    worker = run_apart(run)
    assert asked_again.wait(timeout=120)
    with others_at_work():
        worker.join(timeout=120)
    run.refresh_from_db()
    assert (run.state, run.error) == (RecipeRun.State.COMPLETED, "")
    given_up = Call.objects.filter(kind=Call.Kind.MODEL_CREATE, state=Call.State.REFUSED)
    assert given_up.exists()
    assert set(given_up.values_list("error", flat=True)) == {"nobody waited any longer"}


def test_a_run_gives_a_trainer_up_that_never_takes_a_question(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(calls, "PATIENCE_SECONDS", 0.05)
    monkeypatch.setattr(recipe_context, "MOST_ASKED", 3)
    recipe_offer()
    trainer_stays()
    run = run_now(recipe_start(recipe_name="TinyRecipe", by="ada"))
    assert run.state == RecipeRun.State.FAILED
    assert "did not answer" in run.error
    assert Call.objects.filter(kind=Call.Kind.MODEL_CREATE).count() == 3
