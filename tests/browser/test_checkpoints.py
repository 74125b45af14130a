"""The page of the checkpoints as somebody sees and uses it."""

import pytest
from playwright.sync_api import expect

from tests.dashboard.rows import experiment_make
from tests.dashboard.states import chain_make, measured, state_make
from trainer.models import Experiment
from trainer.services.checkpoint_files import checkpoint_directory
from trainer.services.checkpoint_tree import checkpoint_delete, checkpoint_rename

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def experiment(transactional_db):
    others = set(checkpoint_directory().iterdir())
    yield experiment_make("digits")
    for path in set(checkpoint_directory().iterdir()) - others:
        path.unlink()


def state(desk):
    return desk.page.locator("#checkpoint-panel")


def test_a_branch_begins_where_somebody_says_and_is_the_current_state(desk, experiment):
    first = chain_make(experiment, 1)
    chain_make(experiment, 2, first)
    desk.open("/checkpoints/")
    desk.page.get_by_role("link", name="model step 100").click()
    expect(state(desk).get_by_role("heading")).to_have_text("Model step 100")
    state(desk).get_by_label("New branch from here").fill("thick strokes")
    state(desk).get_by_role("button", name="Fork").click()
    expect(state(desk).get_by_role("heading")).to_have_text("thick strokes")
    line = desk.page.locator(".tree__line--current")
    expect(line).to_contain_text("thick strokes")
    assert Experiment.objects.get().current_checkpoint.parent == first


def test_a_refused_name_stays_typed_while_the_page_follows(desk, experiment):
    root = chain_make(experiment, 1)
    state_make(experiment, 200, root, tag="taken")
    desk.open("/checkpoints/")
    state(desk).get_by_label("New branch from here").fill("taken")
    state(desk).get_by_role("button", name="Fork").click()
    expect(state(desk).get_by_role("alert")).to_contain_text("tagged 'taken' already")
    desk.forgive_refusals()
    checkpoint_rename(checkpoint=root, tag="renamed elsewhere")
    expect(desk.page.locator("#tree-panel")).to_contain_text("renamed elsewhere")
    expect(state(desk).get_by_label("New branch from here")).to_have_value("taken")
    expect(state(desk).get_by_role("alert")).to_contain_text("tagged 'taken' already")
    desk.page.get_by_role("link", name="renamed elsewhere").click()
    expect(state(desk).get_by_role("heading")).to_have_text("renamed elsewhere")
    expect(state(desk).get_by_role("alert")).to_have_count(0)


def test_what_is_typed_for_a_state_does_not_move_to_the_one_that_takes_its_place(desk, experiment):
    first = chain_make(experiment, 1)
    desk.open("/checkpoints/")
    state(desk).get_by_label("Tag").fill("mine")
    second = chain_make(experiment, 1, first)
    checkpoint_delete(checkpoint=first)
    checkpoint_rename(checkpoint=second, tag="another")
    expect(state(desk).get_by_role("heading")).to_have_text("another")
    expect(state(desk).get_by_label("Tag")).to_have_value("another")


def test_a_chosen_state_stays_chosen_while_others_come(desk, experiment):
    chain_make(experiment, 3)
    desk.open("/checkpoints/")
    other = state(desk).get_by_label("Compare with")
    other.select_option(index=1)
    chosen = other.input_value()
    newest = chain_make(experiment, 1, Experiment.objects.get().current_checkpoint)
    checkpoint_rename(checkpoint=newest, tag="newest")
    expect(other.locator("option").first).to_contain_text("newest")
    expect(other).to_have_value(chosen)


def test_runs_of_states_unfold_and_stay_so_while_the_tree_follows(desk, experiment):
    end = chain_make(experiment, 12)
    desk.open("/checkpoints/")
    fold = desk.page.locator(".tree__fold > details")
    fold.locator("summary").click()
    hidden = desk.page.get_by_role("link", name="model step 500")
    expect(hidden).to_be_visible()
    measured(end, 0.95)
    checkpoint_rename(checkpoint=end, tag="end")
    expect(desk.page.locator(".tree__line--current")).to_contain_text("accuracy 0.9500")
    expect(hidden).to_be_visible()


def test_a_tree_with_branches_fits_a_phone(desk, experiment):
    root = chain_make(experiment, 3)
    for number in range(12):
        root = state_make(experiment, 400 + number, root, tag=f"branch-{number}-" + "x" * 60)
        state_make(experiment, 1000 + number, root)
    desk.page.set_viewport_size({"width": 390, "height": 844})
    desk.open("/checkpoints/")
    expect(desk.page.locator(".tree__line").first).to_be_visible()
    assert desk.page.evaluate("document.documentElement.scrollWidth") == 390
