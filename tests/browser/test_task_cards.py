"""The cards of the tasks under somebody's hands, while somebody else changes them too."""

import re

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.conftest import Desk
from tests.dashboard.rows import Scribe, experiment_make
from tests.setup.waiting import wait_until
from trainer.models import Dataset, JobCommand, TaskCard
from trainer.services.card_add import card_add
from trainer.services.cards import card_set_weight
from trainer.services.commands import command_applied, command_refused

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

# What another browser is to show within a second, with what a loaded machine needs besides.


@pytest.fixture
def experiment(transactional_db):
    return experiment_make("digits")


def card_of(desk: Desk, name: str) -> Locator:
    return desk.page.locator(f"li.task[data-task='{name}']")


def weight_of(desk: Desk, name: str) -> Locator:
    return desk.page.get_by_label(f"Weight of {name}", exact=True)


def slider_of(desk: Desk, name: str) -> Locator:
    return desk.page.get_by_role("slider", name=f"Weight of {name}")


def stored(name: str) -> float:
    return TaskCard.objects.get(name=name).weight


def apply_pending(scribe: Scribe, **detail: object) -> None:
    """Do what the worker does with the one command that waits."""
    wait_until(lambda: JobCommand.objects.filter(state="pending").exists(), "somebody asks")
    command = JobCommand.objects.get(state="pending")
    command.job = scribe.job
    command_applied(command=command, step=scribe.step, detail=detail)


def test_a_typed_weight_is_applied_by_enter_and_seen_by_everybody(desk, other_desk, experiment):
    desk.open()
    other_desk.open()
    weight_of(desk, "kl").fill("0.25")
    weight_of(desk, "kl").press("Enter")
    expect(weight_of(other_desk, "kl")).to_have_value("0.25")
    expect(slider_of(other_desk, "kl")).to_have_attribute("aria-valuetext", "0.25")
    assert stored("kl") == 0.25
    expect(weight_of(desk, "kl")).to_be_focused()


def test_a_dragged_slider_moves_the_field_and_is_applied_when_it_is_let_go(desk, experiment):
    desk.open()
    slider_of(desk, "recon").scroll_into_view_if_needed()
    box = slider_of(desk, "recon").bounding_box()
    assert box is not None
    middle = box["y"] + box["height"] / 2
    mouse = desk.page.mouse
    mouse.move(box["x"] + box["width"] / 2, middle)
    mouse.down()
    mouse.move(box["x"] + box["width"], middle, steps=5)
    expect(weight_of(desk, "recon")).to_have_value("1000")
    assert stored("recon") == 1.0
    mouse.up()
    wait_until(lambda: stored("recon") == 1000.0, "the weight is taken over")


def test_a_key_that_holds_the_slider_applies_once_when_it_is_released(desk, experiment):
    Scribe.start(experiment)
    desk.open()
    slider = slider_of(desk, "recon")
    slider.focus()
    for _ in range(5):
        desk.page.keyboard.down("ArrowLeft")
    expect(weight_of(desk, "recon")).to_have_value("0.562")
    assert not JobCommand.objects.exists()
    desk.page.keyboard.up("ArrowLeft")
    wait_until(JobCommand.objects.exists, "the weight is asked of the job")
    assert JobCommand.objects.get().payload == {"task": "recon", "weight": 0.562}
    expect(slider).to_be_focused()


def test_a_refused_weight_stays_with_its_reason_until_a_better_one(desk, experiment):
    desk.open()
    field = weight_of(desk, "kl")
    field.fill("-3")
    desk.page.get_by_role("button", name="Update weight of kl").click()
    expect(card_of(desk, "kl")).to_contain_text("must be a number from 0 to 1,000,000")
    expect(field).to_have_value("-3")
    card_set_weight(card=TaskCard.objects.get(name="recon"), weight=8.0, by="bob")
    expect(weight_of(desk, "recon")).to_have_value("8")
    expect(card_of(desk, "kl")).to_contain_text("must be a number from 0 to 1,000,000")
    expect(field).to_have_attribute("aria-invalid", "true")
    field.fill("3")
    field.press("Enter")
    expect(card_of(desk, "kl").locator(".field__error")).to_have_count(0)
    assert stored("kl") == 3.0
    desk.forgive_refusals()


def test_a_field_in_use_stays_as_it_is_while_others_change_the_card(desk, experiment):
    desk.open()
    field = weight_of(desk, "kl")
    field.fill("0.12")
    field.press("ArrowLeft")
    card_set_weight(card=TaskCard.objects.get(name="kl"), weight=7.0, by="bob")
    card_set_weight(card=TaskCard.objects.get(name="recon"), weight=8.0, by="bob")
    expect(weight_of(desk, "recon")).to_have_value("8")
    field.press("5")
    expect(field).to_have_value("0.152")
    expect(field).to_be_focused()
    desk.page.reload()
    expect(weight_of(desk, "kl")).to_have_value("7")


def test_a_change_is_asked_and_then_applied_at_its_step_on_every_page(desk, other_desk, experiment):
    scribe = Scribe.start(experiment)
    scribe.write(40)
    desk.open()
    other_desk.open()
    weight_of(desk, "kl").fill("0.5")
    weight_of(desk, "kl").press("Enter")
    for each in (desk, other_desk):
        expect(card_of(each, "kl")).to_contain_text("weight 0.5: asked")
    apply_pending(scribe, task="kl", old=0.002, new=0.5)
    for each in (desk, other_desk):
        news = "weight 0.5 at step 40"
        expect(card_of(each, "kl")).to_contain_text(news)
        entry = each.page.locator("#events-list li").first
        expect(entry).to_contain_text("weight of kl 0.002 → 0.5")
        expect(entry).to_contain_text("ada")


def test_what_the_job_refuses_is_told_on_the_card_and_in_the_list(desk, experiment):
    scribe = Scribe.start(experiment)
    scribe.write(10)
    desk.open()
    desk.page.get_by_role("switch", name="Enabled: digit").click()
    wait_until(JobCommand.objects.exists, "it is asked")
    command = JobCommand.objects.get()
    command.job = scribe.job
    command_refused(command=command, step=10, reason="not <now>")
    expect(card_of(desk, "digit")).to_contain_text("disable: refused, not <now>")
    expect(desk.page.locator("#events-list")).to_contain_text("refused disable of digit: not <now>")


def test_a_task_is_removed_and_brought_back_with_the_keyboard_alone(desk, other_desk, experiment):
    desk.open()
    other_desk.open()
    desk.page.get_by_role("button", name="Remove kl").focus()
    desk.page.keyboard.press("Enter")
    undo = desk.page.get_by_role("button", name="Undo the removal of kl")
    expect(undo).to_be_focused()
    expect(card_of(other_desk, "kl")).to_have_count(0)
    expect(other_desk.page.locator("#task-undos")).to_contain_text("Removed kl.")
    desk.page.keyboard.press("Enter")
    expect(desk.page.get_by_role("button", name="Details of kl")).to_be_focused()
    expect(card_of(other_desk, "kl")).to_be_visible()
    expect(desk.page.locator("#task-undos li")).to_have_count(0)
    weight_of(desk, "kl").fill("4")
    weight_of(desk, "kl").press("Enter")
    wait_until(lambda: stored("kl") == 4.0, "a card that came back can be used")


def test_the_offer_to_undo_goes_away_by_itself_and_the_focus_stays_near(desk, experiment):
    desk.open()
    desk.page.get_by_role("button", name="Remove kl").click()
    expect(desk.page.locator("#task-undos li")).to_have_count(1)
    expect(desk.page.locator("#task-undos li")).to_have_count(0)
    expect(desk.page.locator("#task-add-button")).to_be_focused()


def test_the_drawer_tells_all_of_a_task_and_gives_the_focus_back(desk, experiment):
    scribe = Scribe.start(experiment)
    scribe.write(30)
    scribe.happen("set_weight", task="kl", old=0.002, new=0.5)
    desk.open()
    details = desk.page.get_by_role("button", name="Details of kl")
    details.focus()
    desk.page.keyboard.press("Enter")
    drawer = desk.page.get_by_role("dialog", name="kl")
    expect(drawer).to_contain_text("What KLDivergenceTask is for.")
    expect(drawer).to_contain_text("weight of kl 0.002 → 0.5")
    expect(drawer).to_contain_text("improving")
    source = drawer.get_by_title("Source of version")
    expect(source).to_have_attribute("href", re.compile("/registry/source/"))
    scribe.happen("set_weight", task="kl", old=0.5, new=0.75)
    expect(drawer).to_contain_text("0.5 → 0.75")
    desk.page.keyboard.press("Escape")
    expect(drawer).to_be_hidden()
    expect(details).to_be_focused()


def test_an_entry_leads_to_its_mark_and_a_mark_to_its_entry(desk, experiment):
    scribe = Scribe.start(experiment)
    scribe.write(20)
    scribe.happen("set_weight", task="kl", old=0.002, new=0.5)
    scribe.write(20)
    scribe.happen("pause")
    scribe.write(20)
    desk.open()
    desk.wait_for_step(60)
    marks = desk.page.get_by_role("group", name="Events on the curves").get_by_role("button")
    expect(marks).to_have_count(2)
    first, second = marks.nth(0), marks.nth(1)
    expect(first).to_have_attribute("aria-label", "step 20: weight of kl 0.002 → 0.5")
    entry = desk.page.locator("[data-event-step='20']")
    entry.focus()
    desk.page.keyboard.press("Enter")
    expect(first).to_have_attribute("aria-pressed", "true")
    expect(desk.page.locator(".chart__frame")).to_be_in_viewport()
    first.focus()
    desk.page.keyboard.press("ArrowRight")
    expect(second).to_be_focused()
    desk.page.keyboard.press("Space")
    pressed = desk.page.locator("[data-event-step='40']")
    expect(pressed).to_be_focused()
    expect(pressed).to_have_attribute("aria-pressed", "true")
    expect(entry).to_have_attribute("aria-pressed", "false")
    first.click()
    expect(entry).to_be_focused()


def test_many_cards_are_lower_and_leave_the_button_that_adds_one_in_reach(desk, experiment):
    desk.open()
    first = card_of(desk, "recon")
    alone = first.bounding_box()
    dataset = Dataset.objects.get(name="digits")
    kind = "ReconstructionTask"
    for number in range(8):
        card_add(experiment=experiment, name=f"r{number}", dataset=dataset, class_name=kind)
    expect(desk.page.locator("#task-list > .task")).to_have_count(11)
    crowded = first.bounding_box()
    assert alone is not None
    assert crowded is not None
    assert crowded["height"] < alone["height"] - 30
    button = desk.page.get_by_role("button", name="Add task")
    place = button.bounding_box()
    assert place is not None
    assert place["y"] < crowded["y"]
    button.click()
    form = desk.page.locator("#task-add-panel")
    expect(form).to_be_in_viewport()
    expect(form.get_by_label("Class", exact=True)).to_be_focused()
