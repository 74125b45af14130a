"""Recipes as somebody at the screen runs and follows them."""

import pytest
from playwright.sync_api import Route, expect

from tests.dashboard.looks import looked
from tests.dashboard.recipe_runs import next_phase, recipes_offer, report, run_begin, say
from tests.dashboard.rows import experiment_make
from tests.dashboard.states import state_make
from trainer.models import RecipeRun
from trainer.services.recipe_life import recipe_claim, recipe_end

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def experiment(transactional_db):
    recipes_offer()
    return experiment_make("digits")


def test_a_recipe_is_run_followed_and_stopped(desk, experiment):
    desk.open()
    desk.page.get_by_role("link", name="Recipes").click()
    expect(desk.page).to_have_title("Recipes · ACC")  # the workbench has a field for steps, too
    steps = desk.page.get_by_role("textbox", name="steps")
    steps.fill("many")
    run_button = desk.page.get_by_role("button", name="Run recipe")
    run_button.click()
    expect(desk.page.locator(".field__error")).to_have_text("Must be a whole number.")
    expect(steps).to_have_value("many")
    desk.forgive_refusals()
    steps.fill("30")
    run_button.click()
    expect(desk.page.get_by_text("is on its way")).to_be_visible()
    run = RecipeRun.objects.get()
    row = desk.page.locator(f"#recipe-run-{run.pk}")
    expect(row.locator(".badge")).to_have_text("queued")
    steps.fill("31")
    held = recipe_claim(run.pk, worker="another-host:1:1")
    assert held is not None
    expect(row.locator(".badge")).to_have_text("running")
    row.get_by_role("button", name="Stop").click()
    expect(row.locator(".badge")).to_have_text("stopping")
    recipe_end(held, state=RecipeRun.State.STOPPED)
    expect(row.locator(".badge")).to_have_text("stopped")
    expect(steps).to_have_value("31")


def test_a_form_sent_before_the_scripts_are_there_is_sent_when_they_are(desk, experiment):
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    desk.page.route("**/htmx*.js", hold)
    desk.page.goto(f"{desk.url}/recipes/", wait_until="commit")
    steps = desk.page.get_by_role("textbox", name="steps")
    steps.fill("many")
    desk.page.get_by_role("button", name="Run recipe").click(no_wait_after=True)
    desk.hear_until(lambda: held, "htmx is asked for")
    assert desk.page.evaluate("typeof htmx") == "undefined"
    for route in held:
        route.continue_()
    expect(desk.page.locator(".field__error")).to_have_text("Must be a whole number.")
    expect(steps).to_have_value("many")
    assert desk.page.url == f"{desk.url}/recipes/"
    desk.forgive_refusals()


def test_a_refused_form_is_sent_again_as_soon_as_it_is_there(desk, experiment):
    sent: list[str] = []
    desk.page.on("request", lambda asked: sent.append(asked.method))
    desk.open("/recipes/")
    steps = desk.page.get_by_role("textbox", name="steps")
    steps.fill("many")
    # No hand is quicker than a task that was queued when the form came.
    desk.page.evaluate(
        """() => document.body.addEventListener("htmx:afterSwap", () => setTimeout(() => {
          document.querySelector("#recipe-FoldRecipe form").requestSubmit();
        }), { once: true })"""
    )
    with desk.page.expect_response(lambda _: sent.count("POST") == 2):
        desk.page.get_by_role("button", name="Run recipe").click()
    expect(steps).to_have_value("many")
    expect(desk.page.locator(".field__error")).to_have_text("Must be a whole number.")
    assert desk.page.url == f"{desk.url}/recipes/"
    desk.forgive_refusals()


def test_a_runs_page_follows_it_and_leaves_what_is_unfolded(desk, experiment):
    run = run_begin(experiment)
    desk.open(f"/recipes/run/{run.pk}/")
    fold = desk.page.locator("#phase-0")
    fold.locator("summary").click()
    expect(fold).to_contain_text("No call yet.")
    say(run, "log", text="half way")
    expect(desk.page.locator(".recipe__line")).to_contain_text("half way")
    next_phase(run, "unfold")
    expect(fold.locator("summary")).to_contain_text("done")
    expect(fold.locator(".recipe__call")).to_be_visible()
    report(run, "alone", 0, 0.5)
    expect(desk.page.get_by_role("table")).to_contain_text("0.5000")
    recipe_end(run, state=RecipeRun.State.FAILED, error="it tore")
    expect(desk.page.locator("h1 .badge")).to_have_text("failed")
    expect(desk.page.get_by_text("it tore")).to_be_visible()


def test_a_look_at_a_branch_appears_on_the_page_of_a_run_that_has_ended(desk, experiment):
    run, state = run_begin(experiment), state_make(experiment, 300)
    result = {"jobs": [], "checkpoint": state.pk, "experiment": experiment.slug}
    say(run, "report", result, branch="alone", seed=0, metrics={})
    recipe_end(run, state=RecipeRun.State.COMPLETED)
    desk.open(f"/recipes/run/{run.pk}/")
    expect(desk.page.get_by_role("heading", name="Along each factor")).to_have_count(0)
    looked(experiment, checkpoint=state)
    expect(desk.page.get_by_role("heading", name="Along each factor")).to_be_visible()
    expect(desk.page.get_by_role("img", name="Along <b>digit, seed 0")).to_be_visible()


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 390, 1280])
def test_the_pages_fit_the_screen(desk, experiment, width, theme):
    run = run_begin(experiment)
    say(run, "log", text="a-long-word-without-any-blank/" * 6)
    for seed in range(2):
        report(run, "a branch with a long name", seed, 0.5)
        report(run, "another branch", seed, 0.75)
    desk.page.set_viewport_size({"width": width, "height": 844})
    desk.page.emulate_media(color_scheme=theme)
    for path in ["/recipes/", f"/recipes/run/{run.pk}/"]:
        desk.open(path)
        assert desk.page.evaluate("document.documentElement.scrollWidth") <= width, path
        assert desk.page.locator("h1").count() == 1
        small = desk.page.evaluate(
            """() => [...document.querySelectorAll(".button, input, summary, .bar a")]
              .filter((element) => element.checkVisibility() && element.type !== "checkbox")
              .filter((element) => element.getBoundingClientRect().height < 40)
              .map((element) => element.outerHTML)"""
        )
        assert small == [], path
