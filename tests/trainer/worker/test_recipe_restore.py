"""An interrupted phase begins anew: it leaves alone what is not its own, and nothing lingers."""

import pytest
from django.db.models import QuerySet
from django.utils import timezone

from tests.setup.waiting import wait_until
from tests.trainer.worker.recipes import TEXT, recipe_offer, run_apart, run_now
from trainer.models import Call, Checkpoint, Experiment, RecipeRun, TaskCard
from trainer.services.cards import card_remove, card_set_weight
from trainer.services.recipe_life import recipe_requeue
from trainer.services.recipes import RecipeConflict, recipe_start
from trainer.services.sources import sources_of
from trainer.services.workers import worker_name
from trainer.worker.recipe_calls import run_name
from trainer.worker.recipe_restore import phase_restore

pytestmark = [
    pytest.mark.portable,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("valkey", "others"),
]

CRASH = "import os; raise GeneratorExit"  # passes every `except`, as the end of a process does

# Two models a phase, the same ones in each.
SEEDS = """from acc.recipes.base import Recipe


class TinyRecipe(Recipe):
    phases = ("first", "second")

    def __init__(self, *, seed: int = 0):
        self.seed = seed

    def plan(self):
        return {"first": 0, "second": 0}

    def run(self, ctx):
        for name in self.phases:
            with ctx.phase(name):
                for _ in range(2):
                    ctx.create_model("ConvVAE", {"latent_dim": 4})
                    data = ctx.load_dataset("digits")
                    ctx.attach_task("ReconstructionTask", data, name="recon")
                CRASH
"""


# Each phase takes a branch and saves a state that has a tag already.
BRANCHES = """from acc.recipes.base import Recipe


class TinyRecipe(Recipe):
    phases = ("begin", "first", "second")

    def __init__(self, *, seed: int = 0):
        self.seed = seed

    def plan(self):
        return {"begin": 2, "first": 0, "second": 0}

    def run(self, ctx):
        with ctx.phase("begin"):
            ctx.create_model("ConvVAE", {"latent_dim": 4})
            data = ctx.load_dataset("digits")
            ctx.attach_task("ReconstructionTask", data, name="recon")
            ctx.train(2, batch_size=8, seed=self.seed)
            start = ctx.save_checkpoint("start")
        with ctx.phase("first"):
            ctx.fork(start, "branch")
            ctx.save_checkpoint("second tag")
            FIRST
        with ctx.phase("second"):
            ctx.save_checkpoint("third tag")
            SECOND
"""


def crashed_in_the_first_phase(experiment: Experiment) -> RecipeRun:
    """Return a run that made its model, attached its task, and whose worker died then."""
    recipe_offer(text=TEXT.replace("ctx.train(4, batch_size=8, seed=self.seed)", CRASH))
    run = recipe_start(recipe_name="TinyRecipe", experiment=experiment, by="ada")
    with pytest.raises(GeneratorExit):
        run_now(run)
    return run


def states_tagged(tag: str) -> QuerySet[Checkpoint]:
    return Checkpoint.objects.filter(tag=tag)


def interrupted(run: RecipeRun, text: str = TEXT) -> RecipeRun:
    """Make a run ready to be taken up, with a recipe that does not die any more."""
    recipe_offer(text=text)
    (source,) = sources_of([("recipes", "TinyRecipe")])
    RecipeRun.objects.filter(pk=run.pk).update(state="interrupted", source=source)
    run.refresh_from_db()
    recipe_requeue(run)
    return run


def test_what_somebody_else_did_to_the_active_experiment_meanwhile_stays(
    experiment: Experiment,
) -> None:
    run = crashed_in_the_first_phase(experiment)
    assert RecipeRun.objects.get().phase_start["experiment"] == experiment.pk
    kept, gone = (TaskCard.objects.get(experiment=experiment, name=n) for n in ("kl", "digit"))
    card_set_weight(card=kept, weight=0.75)
    card_remove(card=gone)
    run = run_now(interrupted(run))
    assert (run.state, run.error) == (RecipeRun.State.COMPLETED, "")
    cards = TaskCard.objects.filter(experiment=experiment)
    assert {card.name: card.weight for card in cards} == {"recon": 1.0, "kl": 0.75}


def test_a_run_that_was_interrupted_keeps_its_own_experiment_from_other_runs(
    experiment: Experiment,
) -> None:
    run = crashed_in_the_first_phase(experiment)
    run.refresh_from_db()
    own = run.experiment
    assert own != experiment
    RecipeRun.objects.filter(pk=run.pk).update(state="running")
    run.refresh_from_db()
    phase_restore(run)
    run.refresh_from_db()
    assert run.experiment == own
    with pytest.raises(RecipeConflict):
        recipe_start(recipe_name="TinyRecipe", experiment=own, by="bob")


def test_what_a_dead_attempt_asked_and_nobody_began_does_not_happen_in_the_next_one(
    experiment: Experiment,
) -> None:
    run = crashed_in_the_first_phase(experiment)
    late = Call.objects.create(
        kind="unknown", by=run_name(run), state=Call.State.RUNNING, worker=worker_name()
    )
    steps = run.steps.filter(abandoned=True)
    thread = run_apart(interrupted(run))
    try:
        # It waits for what is at work, and does nothing before that is over.
        has_begun = lambda: RecipeRun.objects.get(pk=run.pk).state == "running"  # noqa: E731
        wait_until(has_begun, "the run is taken up")
        assert not steps.exists()
    finally:
        Call.objects.filter(pk=late.pk).update(state=Call.State.DONE, finished_at=timezone.now())
        thread.join(timeout=120)
    assert RecipeRun.objects.get(pk=run.pk).state == RecipeRun.State.COMPLETED
    assert steps.exists()


def test_each_call_that_makes_a_model_has_an_experiment_of_its_own_after_an_interruption() -> None:
    recipe_offer(text=SEEDS.replace("CRASH", CRASH))
    run = recipe_start(recipe_name="TinyRecipe", by="ada")
    with pytest.raises(GeneratorExit):
        run_now(run)
    first = list(Experiment.objects.order_by("pk"))
    run = run_now(interrupted(run, SEEDS.replace("CRASH", "pass")))
    assert (run.state, run.error) == (RecipeRun.State.COMPLETED, "")
    calls = run.steps.filter(kind="create_model", abandoned=False)
    made = [Experiment.objects.get(slug=call.result) for call in calls]
    assert made[:2] == first
    assert len(set(made)) == 4
    assert [card.name for one in made for card in one.task_cards.all()] == ["recon"] * 4


def test_only_the_branches_of_the_phase_that_begins_anew_are_given_up() -> None:
    def text(first: str, second: str) -> str:
        return BRANCHES.replace("FIRST", first).replace("SECOND", second)

    recipe_offer(text=text(CRASH, "pass"))
    run = recipe_start(recipe_name="TinyRecipe", by="ada")
    with pytest.raises(GeneratorExit):
        run_now(run)
    with pytest.raises(GeneratorExit):
        run_now(interrupted(run, text("pass", CRASH)))
    tags = ["start", "branch", "second tag", "third tag"]
    assert [states_tagged(tag).count() for tag in tags] == [1, 1, 1, 1]
    good = list(states_tagged("branch") | states_tagged("second tag"))
    run = run_now(interrupted(run, text("pass", "pass")))
    assert (run.state, run.error) == (RecipeRun.State.COMPLETED, "")
    assert list(states_tagged("branch") | states_tagged("second tag")) == good
    assert states_tagged("third tag").count() == 1
    given_up = Checkpoint.objects.filter(tag__contains="given up").values_list("tag", flat=True)
    assert sorted(tag.split(" (")[0] for tag in given_up) == ["branch", "second tag", "third tag"]


def test_a_state_that_a_dead_attempt_trained_and_tagged_gives_its_tag_to_the_next_one() -> None:
    save = 'start = ctx.save_checkpoint("start")'
    whole = BRANCHES.replace("FIRST", "pass").replace("SECOND", "pass")
    recipe_offer(text=whole.replace(save, f"{save}\n            {CRASH}"))
    run = recipe_start(recipe_name="TinyRecipe", by="ada")
    with pytest.raises(GeneratorExit):
        run_now(run)
    (first,) = states_tagged("start")
    run = run_now(interrupted(run, whole))
    assert (run.state, run.error) == (RecipeRun.State.COMPLETED, "")
    (second,) = states_tagged("start")
    first.refresh_from_db()
    assert first != second
    assert first.tag == f"start (given up, {first.pk})"
