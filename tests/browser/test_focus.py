"""Where the keyboard is after a form was sent: nowhere is never the answer."""

import pytest
from playwright.sync_api import expect

from tests.dashboard.recipe_runs import recipes_offer
from tests.dashboard.rows import experiment_make
from tests.dashboard.states import state_make
from tests.setup.trainer import trainer_stays
from trainer.models import TaskCard
from trainer.services.checkpoint_files import checkpoint_directory

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def experiment(transactional_db):
    others = set(checkpoint_directory().iterdir())
    recipes_offer()
    yield experiment_make("digits")
    for path in set(checkpoint_directory().iterdir()) - others:
        path.unlink()


def test_a_refused_training_leads_to_the_field_that_is_wrong(desk, experiment):
    desk.open()
    panel = desk.page.locator("#train-panel")
    seed, steps = panel.get_by_label("Seed"), panel.get_by_label("Steps")
    steps.fill("0")
    panel.get_by_role("button", name="Start training").click()
    expect(steps).to_be_focused()
    seed.press("Enter")
    expect(panel.get_by_label("Steps")).to_be_focused()
    desk.forgive_refusals()


def test_a_refusal_of_no_field_leaves_the_keyboard_on_the_button(desk, experiment):
    TaskCard.objects.all().delete()
    desk.open()
    start = desk.page.get_by_role("button", name="Start training")
    start.click()
    expect(desk.page.locator("#train-panel").get_by_role("alert")).to_be_visible()
    expect(start).to_be_focused()
    desk.forgive_refusals()


def test_a_training_that_began_leaves_the_keyboard_in_its_panel(desk, experiment):
    trainer_stays()
    desk.open()
    start = desk.page.get_by_role("button", name="Start training")
    start.click()
    expect(start).to_be_disabled()
    expect(desk.page.locator("#train-panel")).to_be_focused()


def test_the_forms_of_the_data_keep_the_pressed_button(desk, experiment):
    desk.open("/data/")
    load = desk.page.get_by_role("button", name="Load")
    load.click()
    expect(desk.page.get_by_role("alert")).to_contain_text("the trainer is offline")
    expect(load).to_be_focused()
    desk.page.get_by_text("From a folder of images").click()
    desk.page.get_by_role("button", name="Import").click()
    expect(desk.page.get_by_label("Folder", exact=True)).to_be_focused()
    desk.forgive_refusals()


def test_a_refused_experiment_and_a_refused_recipe_lead_to_what_is_wrong(desk, experiment):
    desk.open("/experiments/new/")
    desk.page.get_by_role("button", name="Make experiment").click()
    expect(desk.page.get_by_label("Name")).to_be_focused()
    desk.open("/recipes/")
    desk.page.get_by_role("textbox", name="steps").fill("many")
    desk.page.get_by_role("button", name="Run recipe").click()
    expect(desk.page.get_by_role("textbox", name="steps")).to_be_focused()
    desk.forgive_refusals()


def test_a_look_at_the_latent_keeps_the_pressed_button(desk, experiment):
    desk.open("/latent/")
    look = desk.page.get_by_role("button", name="Look")
    look.click()
    expect(desk.page.get_by_role("alert")).to_contain_text("offline")
    expect(look).to_be_focused()
    desk.forgive_refusals()


def test_a_chosen_state_has_the_keyboard_and_its_tag_keeps_it(desk, experiment):
    root = state_make(experiment, 100)
    state_make(experiment, 200, root)
    desk.open("/checkpoints/")
    desk.page.get_by_role("link", name="step 100").click()
    panel = desk.page.locator("#checkpoint-panel")
    expect(panel.get_by_role("heading")).to_have_text("Model step 100")
    expect(panel).to_be_focused()
    panel.get_by_label("Tag").fill("mine")
    rename = panel.locator(f"#state-{root.pk}-rename button")
    rename.click()
    expect(panel.get_by_role("heading")).to_have_text("mine")
    expect(rename).to_be_focused()
