"""Attaching a task from the page, as somebody at its screen does it."""

import re
from typing import Any

import pytest
from playwright.sync_api import APIResponse, Page, Route, expect

from tests.dashboard.rows import experiment_make
from tests.dashboard.task_offers import answer_next_call, offers, task_classes_store
from tests.trainer.rows import dataset_make, offer_make
from trainer.models import Call, Dataset, Experiment
from trainer.services.card_add import card_add
from trainer.services.registry import registry_store

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def experiment(transactional_db):
    made = experiment_make("digits")
    task_classes_store(made)
    dataset_make("angles", target_type="float", num_classes=None)
    return made


def name_field(page):
    """Return the form's own name field: jobs are searched by name, too."""
    return page.get_by_role("textbox", name="Name")


def form_open(page: Page) -> None:
    page.get_by_role("button", name="Add task").click()
    expect(page.get_by_label("Class", exact=True)).to_be_focused()


def form_send(page: Page) -> None:
    page.locator("#task-add-submit").click()


def taken(experiment: Experiment, name: str, **facts: Any) -> None:
    """Attach a task as the trainer side does, which announces it."""
    card_add(experiment=experiment, name=name, dataset=Dataset.objects.get(name="digits"), **facts)


def test_a_task_is_added_with_the_keyboard_alone(desk, experiment):
    desk.open()
    keyboard = desk.page.keyboard
    desk.page.locator("#task-add-button").focus()
    keyboard.press("Enter")
    chosen = desk.page.get_by_label("Class", exact=True)
    expect(chosen).to_be_focused()
    keyboard.type("R")  # on a slow machine a second letter would begin another search
    expect(chosen).to_have_value("ReconstructionTask")
    expect(desk.page.get_by_label("ssim_weight")).to_have_value("0.0")
    expect(name_field(desk.page)).to_have_attribute("placeholder", "reconstruction-digits")
    for _ in range(3):  # dataset, loss, ssim_weight
        keyboard.press("Tab")
    keyboard.type("0.5")
    keyboard.press("Tab")
    keyboard.type("sharp")
    keyboard.press("Tab")
    keyboard.type("2")
    keyboard.press("Tab")
    keyboard.press("Tab")
    keyboard.press("ArrowRight")
    keyboard.press("Space")
    keyboard.press("ArrowRight")
    keyboard.press("Enter")
    expect(desk.page.get_by_label("Latent slice")).to_have_value("1:3")
    thread = answer_next_call(answer={"name": "sharp"})
    keyboard.press("Tab")
    keyboard.press("Enter")
    thread.join()
    taken(experiment, "sharp", class_name="ReconstructionTask")
    expect(desk.page.locator("#task-add-status")).to_contain_text("Added sharp.")
    expect(desk.page.locator("#task-add-panel")).to_have_count(0)
    expect(desk.page.locator("#tasks-panel")).to_contain_text("sharp")
    button = desk.page.locator("#task-add-button")
    expect(button).to_be_focused()
    expect(button).to_have_attribute("aria-expanded", "false")
    payload = Call.objects.get().payload
    assert (payload["name"], payload["weight"], payload["latent_slice"]) == ("sharp", 2.0, [1, 3])
    assert payload["params"] == {"loss": "mse", "ssim_weight": 0.5}


def test_another_class_changes_its_own_fields_and_nothing_else(desk, experiment):
    desk.open()
    form_open(desk.page)
    name_field(desk.page).fill("mine")
    desk.page.get_by_label("Weight", exact=True).fill("0.125")
    desk.page.get_by_label("Latent slice").fill("0:4")
    classes = desk.page.get_by_label("Class", exact=True)
    classes.select_option("RegressionTask")
    desk.page.get_by_label("margin").fill("0.75")
    desk.page.get_by_label("robust").uncheck()
    dataset = desk.page.get_by_label("Dataset")
    expect(dataset.locator("option:disabled")).to_have_count(0)  # digits is chosen and stays
    expect(desk.page.locator("#task-add-class")).to_contain_text("needs targets that are numbers")
    classes.select_option("KLDivergenceTask")
    expect(desk.page.get_by_label("warmup_steps")).to_have_value("0")
    classes.select_option("RegressionTask")
    expect(desk.page.get_by_label("margin")).to_have_value("0.75")
    expect(desk.page.get_by_label("robust")).not_to_be_checked()
    expect(name_field(desk.page)).to_have_value("mine")
    expect(desk.page.get_by_label("Weight", exact=True)).to_have_value("0.125")
    expect(desk.page.get_by_label("Latent slice")).to_have_value("0:4")
    dataset.select_option("angles")
    name_field(desk.page).fill("")
    expect(name_field(desk.page)).to_have_attribute("placeholder", "regression-angles")


def test_the_trainers_refusal_stands_beside_its_field_and_nothing_typed_is_lost(desk, experiment):
    desk.open()
    form_open(desk.page)
    desk.page.get_by_label("Class", exact=True).select_option("ReconstructionTask")
    desk.page.get_by_label("loss", exact=True).select_option("l1")
    name_field(desk.page).fill("mine")
    desk.page.get_by_role("button", name="2:3").click()
    sentence = "ReconstructionTask reads the whole latent; leave latent_slice out"
    thread = answer_next_call(error=sentence)
    form_send(desk.page)
    thread.join()
    expect(desk.page.locator("#task_add_latent_slice_error")).to_have_text(sentence)
    slice_field = desk.page.get_by_label("Latent slice")
    expect(slice_field).to_be_focused()
    expect(slice_field).to_have_value("2:3")
    expect(desk.page.get_by_role("button", name="2:3")).to_have_attribute("aria-pressed", "true")
    expect(name_field(desk.page)).to_have_value("mine")
    expect(desk.page.get_by_label("loss", exact=True)).to_have_value("l1")
    desk.forgive_refusals()


def test_new_classes_appear_while_one_types_and_nothing_moves(desk, experiment):
    desk.open()
    form_open(desk.page)
    name = name_field(desk.page)
    name.fill("half a na")
    name.press("ArrowLeft")
    more = [*offers(), offer_make("MyTask")]
    registry_store(registry="tasks", offers=more, errors=[])
    option = desk.page.locator("#task_add_class_name option[value=MyTask]")
    expect(option).to_have_count(1)
    registry_store(registry="tasks", offers=offers(), errors=[])
    expect(option).to_have_count(0)
    expect(desk.page.get_by_label("Class", exact=True)).to_have_value("ClassificationTask")
    expect(name).to_be_focused()
    name.press("X")
    expect(name).to_have_value("half a nXa")


def test_a_chosen_class_that_is_removed_is_named_beside_the_choice_until_it_is_back(
    desk, experiment
):
    desk.open()
    form_open(desk.page)
    desk.page.get_by_label("Class", exact=True).select_option("RegressionTask")
    desk.page.get_by_label("margin").fill("0.75")
    without = [offer for offer in offers() if offer["class_name"] != "RegressionTask"]
    registry_store(registry="tasks", offers=without, errors=[])
    note = desk.page.locator("#task-add-class-note")
    expect(note).to_have_text("RegressionTask is no longer on offer; choose another class.")
    expect(desk.page.get_by_label("margin")).to_have_value("0.75")
    form_send(desk.page)
    error = desk.page.locator("#task_add_class_name_error")
    expect(error).to_have_text(re.compile("no task class is called 'RegressionTask'"))
    registry_store(registry="tasks", offers=offers(), errors=[])
    expect(note).to_be_hidden()
    expect(desk.page.get_by_label("margin")).to_have_value("0.75")
    desk.forgive_refusals()


def test_a_class_that_changes_shows_its_new_field_once_the_hands_are_off_the_old_ones(
    desk, experiment
):
    desk.open()
    form_open(desk.page)
    desk.page.get_by_label("Class", exact=True).select_option("KLDivergenceTask")
    steps = desk.page.get_by_label("warmup_steps")
    steps.fill("12")
    changed = {"name": "beta", "type": "float", "default": 1.5, "required": False}
    changed["description"] = ""
    newer = [
        offer | {"parameters": [*offer["parameters"], changed], **renewed(offer)}
        if offer["class_name"] == "KLDivergenceTask"
        else offer
        for offer in [*offers(), offer_make("Mark")]
    ]
    registry_store(registry="tasks", offers=newer, errors=[])
    expect(desk.page.locator("#task_add_class_name option[value=Mark]")).to_have_count(1)
    expect(steps).to_be_focused()
    expect(desk.page.get_by_label("beta")).to_have_count(0)
    name_field(desk.page).focus()
    expect(desk.page.get_by_label("beta")).to_have_value("1.5")
    expect(steps).to_have_value("12")
    expect(name_field(desk.page)).to_be_focused()


def test_what_is_typed_while_the_fields_of_the_class_are_on_their_way_stays(desk, experiment):
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    desk.open()
    form_open(desk.page)
    desk.page.get_by_label("Class", exact=True).select_option("RegressionTask")
    margin = desk.page.get_by_label("margin")
    expect(margin).to_have_value("")
    desk.page.route("**/partials/task_add/*part=class*", hold, times=1)
    dataset_make("shapes", content_hash="1" * 64)
    desk.hear_until(lambda: held, "the fields are asked for anew")
    margin.fill("0.75")
    name_field(desk.page).focus()
    held[0].continue_()
    options = desk.page.locator("#task_add_dataset option")
    expect(options.filter(has_text="shapes")).to_have_count(1)
    expect(margin).to_have_value("0.75")


def test_a_form_that_is_on_its_way_when_a_dataset_comes_offers_it_all_the_same(desk, experiment):
    held: list[tuple[Route, APIResponse]] = []

    def hold(route: Route) -> None:
        held.append((route, route.fetch()))

    desk.open()
    desk.page.route("**/partials/task_add/**", hold, times=1)
    desk.page.get_by_role("button", name="Add task").click()
    desk.hear_until(lambda: held, "the form is under way")
    dataset_make("shapes", content_hash="1" * 64)
    taken(experiment, "other", class_name="ReconstructionTask")
    expect(desk.page.locator("#tasks-panel")).to_contain_text("other")
    route, answer = held[0]
    route.fulfill(response=answer)
    options = desk.page.locator("#task_add_dataset option")
    expect(options.filter(has_text="shapes")).to_have_count(1)


def renewed(offer: dict[str, Any]) -> dict[str, Any]:
    again = offer_make(offer["class_name"], source="class KLDivergenceTask:\n    newer = True\n")
    return {key: again[key] for key in ("source", "source_sha256")}


def test_the_open_form_survives_what_happens_beside_it_and_a_second_look(desk, experiment):
    desk.open()
    form_open(desk.page)
    name_field(desk.page).fill("mine")
    taken(experiment, "other", class_name="ReconstructionTask")
    expect(desk.page.locator("#tasks-panel")).to_contain_text("other")
    button = desk.page.locator("#task-add-button")
    expect(button).to_have_attribute("aria-expanded", "true")
    button.click()
    expect(desk.page.locator("#task-add-panel")).to_be_hidden()
    button.click()
    expect(name_field(desk.page)).to_have_value("mine")
    desk.page.get_by_role("button", name="Cancel").click()
    expect(desk.page.locator("#task-add-panel")).to_have_count(0)
    expect(button).to_be_focused()


def test_escape_hides_the_form_and_what_is_typed_waits_for_its_return(desk, experiment):
    desk.open()
    form_open(desk.page)
    name_field(desk.page).fill("mine")
    desk.page.keyboard.press("Escape")
    expect(desk.page.locator("#task-add-panel")).to_be_hidden()
    button = desk.page.locator("#task-add-button")
    expect(button).to_be_focused()
    expect(button).to_have_attribute("aria-expanded", "false")
    desk.page.keyboard.press("Enter")
    expect(name_field(desk.page)).to_have_value("mine")
