"""The pages of recipes: forms, runs, one run with its phases, its calls and its comparison."""

import pytest

from dashboard.recipe_comparison import comparison_of
from tests.dashboard.measured import evaluated
from tests.dashboard.reading import words
from tests.dashboard.recipe_runs import next_phase, recipes_offer, report, run_begin, say
from tests.dashboard.task_offers import answer_next_call
from trainer.models import RecipeRun
from trainer.services.recipe_life import recipe_end, recipe_end_unheld
from trainer.services.recipe_steps import phase_abandon
from trainer.services.recipes import recipe_start

EVIL = "<script>alert('x')</script>"
START = "/partials/recipe_start/FoldRecipe/"


@pytest.fixture(autouse=True)
def offered(db):
    recipes_offer()


def test_every_recipe_has_a_form_of_its_parameters(browser_client):
    page = browser_client.get("/recipes/").content.decode()
    assert 'name="param-steps" value="5"' in page
    assert "Many." in page
    assert "in an experiment of its own, which becomes the active one" in page
    assert 'type="checkbox" name="param-loud"' in page


def test_a_recipe_is_run_with_what_was_typed(htmx, experiment):
    answer = htmx.post(START, {"param-steps": "12", "param-loud": "on"})
    assert answer.status_code == 200, answer.content
    run = RecipeRun.objects.get()
    assert (run.params, run.by, run.experiment) == ({"steps": 12, "loud": True}, "ada", experiment)
    assert f"Run {run.pk} is on its way" in words(answer)
    assert "acc:recipe-runs" in answer.headers["HX-Trigger-After-Settle"]


def test_what_does_not_fit_is_refused_beside_its_field_and_stays_typed(htmx):
    answer = htmx.post(START, {"param-steps": "a few"})
    assert answer.status_code == 422
    assert "Must be a whole number." in words(answer)
    assert 'value="a few"' in answer.content.decode()
    assert not RecipeRun.objects.exists()


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("valkey")
def test_the_recipes_own_refusal_stands_beside_the_parameter_that_it_names(htmx):
    sentence = "steps must be a whole number from 1 to 1,000,000, not 0"
    thread = answer_next_call(error=sentence)
    answer = htmx.post(START, {"param-steps": "0"})
    thread.join()
    assert answer.status_code == 422
    beside = "Must be a whole number from 1 to 1,000,000, not 0."
    assert answer.context["form"].errors == {"param-steps": [beside]}
    assert not RecipeRun.objects.exists()


def test_a_run_that_failed_before_its_first_phase_claims_no_experiment(browser_client, experiment):
    run = recipe_start(recipe_name="FoldRecipe", experiment=experiment)
    waiting = words(browser_client.get(f"/recipes/run/{run.pk}/"))
    assert "Its workbench" in waiting
    assert "once a worker has taken it up" in waiting
    recipe_end_unheld(run, state=RecipeRun.State.FAILED, error="it tore")
    failed = words(browser_client.get(f"/recipes/run/{run.pk}/"))
    assert "Its workbench" not in failed
    assert "Experiment digits" not in failed
    assert "It ended before its first phase." in failed


def test_a_second_run_in_an_experiment_is_refused_with_what_to_do(htmx, experiment):
    run = run_begin(experiment)
    answer = htmx.post(START, {"param-steps": "12"})
    assert answer.status_code == 422
    assert f"recipe run {run.pk} is under way in experiment 'digits'" in words(answer)
    assert 'value="12"' in answer.content.decode()


def test_a_recipe_that_went_meanwhile_is_a_missing_page(htmx):
    recipes_offer("OtherRecipe")
    assert htmx.post(START, {}).status_code == 404


def test_runs_are_listed_with_state_phase_and_what_went_wrong(browser_client, experiment):
    run = run_begin(experiment, steps=7)
    assert words(browser_client.get("/recipes/")).count("running fold") == 1
    recipe_end(run, state=RecipeRun.State.FAILED, error=f"no {EVIL}", traceback="line 3")
    page = browser_client.get("/recipes/")
    assert f"failed fold no {EVIL}" in words(page)
    assert EVIL not in page.content.decode()


def test_a_run_shows_its_phases_calls_and_lines(browser_client, experiment):
    run = run_begin(experiment)
    say(run, "load_dataset", "digits", name="digits", image_size=32)
    say(run, "load_dataset", refusal=f"no {EVIL}", name="none", image_size=32)
    say(run, "log", text=f"folded {EVIL}")
    next_phase(run, "unfold")
    say(run, "attach_task", "kl", class_name="KL", dataset="digits", latent_slice="0:4")
    response = browser_client.get(f"/recipes/run/{run.pk}/")
    text = words(response)
    assert EVIL not in response.content.decode()
    assert "fold 100 steps done load dataset digits" in text
    assert f"refused: no {EVIL}" in text
    assert "unfold 50 steps now attach task kl (KL on digits, latent 0:4)" in text
    assert f"what the recipe had to say; each phase unfolds to its calls folded {EVIL}" in text
    assert "0 of 150 steps" in text


def test_a_phase_that_began_anew_says_so_and_keeps_the_first_attempt(browser_client, experiment):
    run = run_begin(experiment)
    say(run, "load_dataset", "digits", name="digits", image_size=32)
    phase_abandon(run)
    text = words(browser_client.get(f"/recipes/run/{run.pk}/"))
    assert "fold begun anew" in text
    assert "digits (of the attempt that was interrupted)" in text


def test_branches_stand_side_by_side_over_the_seeds(browser_client, experiment):
    run = run_begin(experiment)
    for seed, (alone, both) in enumerate([(0.5, 0.875), (0.7, 0.925)]):
        report(run, "alone", seed, alone)
        report(run, "both", seed, both)
    text = words(browser_client.get(f"/recipes/run/{run.pk}/"))
    assert "mean over 2 seeds" in text
    assert "digit accuracy higher is better 0.6000 0.5000 to 0.7000 0.9000" in text
    assert "0.9000 better 0.8750 to 0.9250" in text
    assert "Curves, seed 1 job 41 job 41" in text


def test_a_comparison_of_one_seed_may_become_more_only_while_the_recipe_runs(
    browser_client, experiment
):
    run = run_begin(experiment)
    report(run, "alone", 0, 0.5)
    assert "of one seed so far" in words(browser_client.get(f"/recipes/run/{run.pk}/"))
    recipe_end(run, state=RecipeRun.State.COMPLETED)
    text = words(browser_client.get(f"/recipes/run/{run.pk}/"))
    assert "of one seed Metric" in text


@pytest.mark.parametrize(
    ("direction", "seeds", "better"),
    [
        ("higher", [(0.5, 0.8), (0.6, 0.9)], [False, True]),
        ("lower", [(0.5, 0.8), (0.6, 0.9)], [True, False]),
        ("higher", [(0.5, 0.8), (0.85, 0.9)], [False, False]),
        ("higher", [(0.5, 0.8)], [False, False]),
        ("", [(0.5, 0.8), (0.6, 0.9)], [False, False]),
    ],
)
def test_a_branch_is_called_better_only_where_every_seed_says_so(direction, seeds, better):
    reports = [
        {"branch": branch, "seed": seed, "metrics": {"t": {"m": value}}, "jobs": []}
        for seed, values in enumerate(seeds)
        for branch, value in zip("ab", values, strict=True)
    ]
    comparison = comparison_of(reports, {("t", "m"): direction} if direction else {})
    assert comparison is not None
    assert [cell.is_better for cell in comparison.metrics[0].cells] == better


def test_what_branches_reached_is_told_with_its_unit(browser_client, experiment):
    run = run_begin(experiment)
    evaluated(experiment, recon={"psnr": 21.5})
    for branch in "ab":
        say(
            run,
            "report",
            {"jobs": [], "checkpoint": None, "experiment": experiment.slug},
            branch=branch,
            seed=0,
            metrics={"recon": {"psnr": 21.5}},
        )
    assert words(browser_client.get(f"/recipes/run/{run.pk}/")).count("21.50 dB") == 2


def test_a_run_is_stopped_on_its_page_and_in_the_list(htmx, experiment):
    run = run_begin(experiment)
    answer = htmx.post(f"/partials/recipe_stop/{run.pk}/")
    assert (answer.status_code, "stopping" in words(answer)) == (200, True)
    recipe_end(run, state=RecipeRun.State.STOPPED)
    answer = htmx.post(f"/partials/recipe_stop/{run.pk}/?shown=runs")
    assert answer.status_code == 422
    assert f"recipe run {run.pk} is stopped; there is nothing to stop" in words(answer)
    assert 'id="recipe-runs"' in answer.content.decode()


@pytest.mark.parametrize("path", ["/recipes/run/9/", f"/partials/recipe_run/{2**64}/"])
def test_a_run_that_is_not_there_is_a_missing_page(browser_client, path):
    assert browser_client.get(path).status_code == 404


@pytest.mark.parametrize("path", ["/recipes/", "/recipes/run/1/", "/partials/recipe_runs/"])
def test_strangers_are_sent_to_sign_in(client, path):
    answer = client.get(path)
    assert (answer.status_code, "/sign-in/" in answer.url) == (302, True)


def test_ways_through_each_factor_stand_side_by_side_for_every_seed():
    def told(branch, seed, checkpoint):
        return {
            "branch": branch,
            "seed": seed,
            "metrics": {},
            "jobs": [],
            "experiment": "fold",
            "checkpoint": checkpoint,
        }

    def latent(name):
        return {"groups": [{"name": "digit", "sheet": name}, {"name": "slant", "sheet": ""}]}

    reports = [told("a", 0, 1), told("b", 0, 2), told("a", 1, 3), told("b", 1, None)]
    comparison = comparison_of(reports, {}, {1: latent("1.png"), 2: latent("2.png")})
    assert comparison is not None
    assert [(row.group, row.seed, row.sheets) for row in comparison.ways] == [
        ("digit", 0, ["1.png", "2.png"]),
        ("slant", 0, ["", ""]),
    ]
