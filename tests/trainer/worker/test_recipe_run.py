"""A recipe from its start to its end, as its rows tell it."""

import pytest

from tests.setup.waiting import wait_until
from tests.trainer.worker.recipes import (
    REPORT,
    TEXT,
    recipe_offer,
    run_apart,
    run_now,
    tiny_run,
)
from trainer.models import (
    Call,
    Checkpoint,
    EvalRun,
    Experiment,
    Job,
    LatentView,
    RecipeRun,
    TaskCard,
)
from trainer.selectors.recipes import recipe_as_dict, recipe_progress, recipe_reports
from trainer.services import recipe_steps
from trainer.services.recipe_life import recipe_requeue
from trainer.services.recipes import RecipeConflict, recipe_start, recipe_stop
from trainer.worker import recipe_calls, stop_flag

pytestmark = [
    pytest.mark.portable,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("valkey", "others"),
]

CRASH = "import os; raise GeneratorExit"  # passes every `except`, as the end of a process does


def kinds(run: RecipeRun, *, abandoned: bool = False) -> list[str]:
    return [step.kind for step in run.steps.filter(abandoned=abandoned)]


def crashed(end: str) -> RecipeRun:
    """Return a run whose worker died at the end of its last phase."""
    recipe_offer(end=end)
    run = recipe_start(recipe_name="TinyRecipe", by="ada")
    with pytest.raises(GeneratorExit):
        run_now(run)
    run.refresh_from_db()
    assert run.state == RecipeRun.State.RUNNING
    return run


def taken_up_again(run: RecipeRun) -> RecipeRun:
    """Carry a run out again, as the reconciler has it done when its worker is dead."""
    RecipeRun.objects.filter(pk=run.pk).update(state=RecipeRun.State.INTERRUPTED)
    run.refresh_from_db()
    recipe_requeue(run)
    return run_now(run)


def test_a_recipe_leaves_what_an_operator_would_have_left() -> None:
    recipe_offer()
    run = tiny_run(seed=7)
    assert (run.state, run.error) == (RecipeRun.State.COMPLETED, "")
    assert run.phases_completed == ["start", "more"]
    experiment = Experiment.objects.get()
    assert (run.experiment, experiment.slug) == (experiment, f"tiny-recipe-{run.pk}")
    jobs = Job.objects.order_by("pk")
    assert [(job.total_steps, job.state, job.seed) for job in jobs] == [
        (4, "completed", 7),
        (3, "completed", 7),
    ]
    start, branch = (Checkpoint.objects.get(pk=pk) for pk in run.checkpoints_created)
    assert (start.tag, branch.tag, branch.parent, branch.step) == ("start", "branch", start, 4)
    last = Checkpoint.objects.latest("pk")
    assert (last.parent, last.step, experiment.current_checkpoint) == (branch, 7, last)
    assert {card.name: card.weight for card in experiment.task_cards.all()} == {
        "recon": 1.0,
        "kl": 0.25,
    }
    (report,) = recipe_reports(run)
    assert report["branch"] == "branch"
    assert (report["jobs"], report["checkpoint"]) == ([jobs[1].pk], last.pk)
    assert set(report["metrics"]) == {"recon", "kl"}
    assert EvalRun.objects.filter(by=f"recipe run {run.pk}").count() == 1
    assert recipe_progress(run) == (7, 7)


def test_an_experiment_becomes_the_active_one_once_its_run_is_there(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    recipe_offer()
    seen: list[bool] = []

    def run_moves(run: RecipeRun, experiment: Experiment | None) -> None:
        # Before, whoever names no experiment could begin another run in it.
        seen.append(Experiment.objects.filter(is_active=True).exists())
        recipe_steps.run_moves(run, experiment)

    monkeypatch.setattr(recipe_calls, "run_moves", run_moves)
    run = tiny_run()
    assert seen == [False]
    assert run.experiment is not None
    assert run.experiment.is_active


def test_a_reported_branch_is_looked_at_whatever_becomes_of_its_tasks() -> None:
    recipe_offer(end=f"{REPORT}; ctx.detach_all_tasks()")
    run = tiny_run()
    assert (run.state, run.error) == (RecipeRun.State.COMPLETED, "")
    look = Call.objects.get(kind=Call.Kind.LATENT)
    assert look.payload["dataset"] == "digits"
    wait_until(LatentView.objects.exists, "the look")
    assert LatentView.objects.get().checkpoint_id == look.payload["checkpoint"]


def test_a_run_is_told_in_the_shape_of_the_contract() -> None:
    recipe_offer()
    told = recipe_as_dict(tiny_run())
    contract = "id recipe_name state current_phase phases_completed checkpoints_created error"
    assert {key: told[key] for key in contract.split()} == {
        "id": told["id"],
        "recipe_name": "TinyRecipe",
        "state": "completed",
        "current_phase": None,
        "phases_completed": ["start", "more"],
        "checkpoints_created": told["checkpoints_created"],
        "error": None,
    }


def test_after_a_crash_the_interrupted_phase_begins_anew_and_others_are_not_run_again() -> None:
    run = crashed(CRASH)
    first_jobs = list(Job.objects.order_by("pk"))
    before = Checkpoint.objects.get(tag="start")
    assert run.current_phase == "more"
    recipe_offer(end="ctx.log('the file as it is now')")
    RecipeRun.objects.filter(pk=run.pk).update(source=_source_now())
    run = taken_up_again(run)
    assert (run.state, run.error) == (RecipeRun.State.COMPLETED, "")
    again = list(Job.objects.order_by("pk"))
    assert again[:2] == first_jobs
    assert [job.total_steps for job in again] == [4, 3, 3]
    assert again[2].start_checkpoint.parent == before
    assert again[2].start_checkpoint != again[1].start_checkpoint
    assert kinds(run, abandoned=True) == ["fork", "attach_task", "set_weight", "train"]
    assert kinds(run)[-5:] == ["fork", "attach_task", "set_weight", "train", "log"]
    assert sorted(Experiment.objects.get().task_cards.values_list("name", flat=True)) == [
        "kl",
        "recon",
    ]


def _source_now() -> dict[str, str]:
    from trainer.services.sources import source_of

    return source_of("recipes", "TinyRecipe")


def test_a_phase_that_made_a_model_makes_no_second_one_when_it_begins_anew() -> None:
    text = TEXT.replace('start = ctx.save_checkpoint("start")', CRASH)
    recipe_offer(text=text)
    run = recipe_start(recipe_name="TinyRecipe")
    with pytest.raises(GeneratorExit):
        run_now(run)
    recipe_offer()
    RecipeRun.objects.filter(pk=run.pk).update(source=_source_now())
    run = taken_up_again(run)
    assert (run.state, run.error) == (RecipeRun.State.COMPLETED, "")
    assert Experiment.objects.count() == 1
    first, again, _ = Job.objects.order_by("pk")
    assert (first.start_checkpoint, again.start_checkpoint) == (None, None)


def test_a_run_runs_the_text_it_was_started_with() -> None:
    recipe_offer()
    run = recipe_start(recipe_name="tiny")
    recipe_offer(end="raise ValueError('the new text')")
    assert run_now(run).state == RecipeRun.State.COMPLETED


def test_a_recipe_that_raises_ends_failed_with_its_sentence_and_traceback() -> None:
    recipe_offer(end="raise ValueError('this cannot be')")
    run = tiny_run()
    assert (run.state, run.error) == (RecipeRun.State.FAILED, "ValueError: this cannot be")
    assert 'File "/gone/tiny.py"' in run.traceback
    assert (run.phases_completed, run.current_phase) == (["start"], "more")


def test_a_refusal_is_the_recipes_to_catch_and_else_the_runs_end() -> None:
    recipe_offer(
        end="""try:
                ctx.load_dataset("no-such-data")
            except RecipeError as refusal:
                ctx.log(str(refusal))
            ctx.attach_task("ClassificationTask", data, latent_slice="0:99")"""
    )
    run = tiny_run()
    (line,) = run.steps.filter(kind="log")
    assert "no-such-data" in line.asked["text"]
    assert run.state == RecipeRun.State.FAILED
    assert run.error.startswith("latent_slice 0:99 reaches beyond the latent")


def test_a_stop_ends_the_job_that_the_recipe_trains_and_then_the_run() -> None:
    recipe_offer(steps=100_000)
    run = recipe_start(recipe_name="TinyRecipe")
    thread = run_apart(run)
    wait_until(lambda: Job.objects.filter(total_steps=100_000, current_step__gt=0), "trains")
    recipe_stop(run=run, by="bob")
    thread.join(timeout=120)
    assert not thread.is_alive()
    run.refresh_from_db()
    assert (run.state, run.error) == (RecipeRun.State.STOPPED, "")
    stopped = Job.objects.latest("pk")
    assert stopped.state == Job.State.STOPPED
    event = stopped.events.get(kind="stop")
    assert (event.by, event.why) == ("bob", f"recipe run {run.pk} was stopped")
    with pytest.raises(RecipeConflict, match="nothing to stop"):
        recipe_stop(run=run)


def test_a_stop_before_a_worker_has_the_run_ends_it_at_once() -> None:
    recipe_offer()
    run = recipe_start(recipe_name="TinyRecipe")
    assert recipe_stop(run=run, by="bob").state == RecipeRun.State.STOPPED
    assert run_now(run).state == RecipeRun.State.STOPPED
    assert not Experiment.objects.exists()


def test_a_worker_that_shuts_down_gives_the_run_back_and_its_job_does_not_count_twice(
    shut_down,
) -> None:
    recipe_offer(steps=100_000)
    run = recipe_start(recipe_name="TinyRecipe")
    thread = run_apart(run)
    wait_until(lambda: Job.objects.filter(total_steps=100_000, current_step__gt=0), "trains")
    shut_down()
    thread.join(timeout=120)
    assert not thread.is_alive()
    run.refresh_from_db()
    assert (run.state, run.current_phase) == (RecipeRun.State.INTERRUPTED, "more")
    # Its worker needs a moment longer; a job that is told to stop just then waits for the next one.
    left_alone = lambda: Job.objects.latest("pk").state == Job.State.INTERRUPTED  # noqa: E731
    wait_until(left_alone, "the job is left")
    stop_flag._flag[0] = 0
    left = Job.objects.latest("pk")
    recipe_offer(steps=2)
    RecipeRun.objects.filter(pk=run.pk).update(source=_source_now())
    recipe_requeue(run)
    run = run_now(run)
    assert (run.state, run.error) == (RecipeRun.State.COMPLETED, "")
    left.refresh_from_db()
    assert left.state == Job.State.STOPPED
    assert recipe_progress(run) == (6, 6)


def test_one_recipe_at_a_time_for_an_experiment() -> None:
    recipe_offer()
    done = tiny_run()
    first = recipe_start(recipe_name="TinyRecipe", experiment=done.experiment)
    with pytest.raises(RecipeConflict, match=f"recipe run {first.pk} is under way"):
        recipe_start(recipe_name="TinyRecipe", experiment=done.experiment)
    assert run_now(first).state == RecipeRun.State.COMPLETED
    assert TaskCard.objects.filter(experiment=done.experiment).count() == 2


def test_a_run_delivered_twice_is_carried_out_once() -> None:
    recipe_offer()
    run = tiny_run()
    run_now(run)
    assert Job.objects.count() == 2


def test_a_recipe_that_goes_another_way_after_a_crash_is_told_so() -> None:
    run = crashed(CRASH)
    recipe_offer(text=TEXT.replace('name="recon"', 'name="other"'))
    RecipeRun.objects.filter(pk=run.pk).update(source=_source_now())
    run = taken_up_again(run)
    assert run.state == RecipeRun.State.FAILED
    assert run.error.startswith("after an interruption the recipe asked for attach_task")
