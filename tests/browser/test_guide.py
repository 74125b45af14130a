"""What leads a newcomer at the screen: keys, the tour, notifications, the tab's title, paper."""

import pytest
from playwright.sync_api import expect

from tests.dashboard.rows import Scribe, experiment_make
from tests.setup.waiting import wait_until
from trainer.models import Job

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

# What the browser would show; Chromium without a screen shows nothing, and has nobody who could
# allow it: whatever it answers when asked, its constant stays at denied.
HEAR_NOTIFICATIONS = """
window.shown = [];
const Real = window.Notification;
window.Notification = class extends Real {
  static permission = "default";
  static async requestPermission() {
    return (this.permission = await super.requestPermission());
  }
  constructor(title, options) { super(title, options); window.shown.push([title, options.body]); }
};
"""


@pytest.fixture
def experiment(transactional_db):
    return experiment_make("digits")


def test_keys_lead_to_pages_and_to_fields_but_not_while_somebody_types(desk, experiment):
    page = desk.page
    desk.open()
    page.keyboard.press("s")
    steps = page.locator("#id_steps")
    expect(steps).to_be_focused()
    page.keyboard.press("t")
    expect(steps).to_have_value("t")
    expect(page.locator("html")).to_have_attribute("data-theme", "light")
    steps.blur()
    page.keyboard.press("/")
    expect(page.locator("#jobs-search")).to_be_focused()
    expect(page.locator("#jobs-search")).to_have_value("")
    page.locator("#jobs-search").blur()
    page.keyboard.press("g")
    page.keyboard.press("d")
    expect(page).to_have_title("Data · ACC")


def test_a_question_mark_lists_the_keys_and_they_can_be_switched_off(desk, experiment):
    page = desk.page
    desk.open()
    page.keyboard.press("?")
    dialog = page.get_by_role("dialog", name="Keyboard shortcuts")
    expect(dialog).to_be_visible()
    dialog.get_by_role("checkbox").uncheck()
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    desk.open()
    page.keyboard.press("?")
    page.keyboard.press("a")
    expect(page.locator("#task-add-panel")).to_have_count(0)
    expect(dialog).to_be_hidden()
    page.get_by_label("Account and links").first.click()
    page.get_by_role("button", name="Keyboard shortcuts").click()
    expect(dialog).to_be_visible()


def test_the_tour_of_the_demo_is_led_by_buttons_and_seen_once(desk, experiment):
    Scribe.start(experiment).end()
    experiment.jobs.update(created_by="demo")
    page = desk.page
    desk.open()
    tour = page.get_by_role("region", name="Tour")
    expect(tour).to_contain_text("The first start trains a demo model")
    expect(tour).to_contain_text("1 of 6")
    for _ in range(5):
        tour.get_by_role("button", name="Next").click()
    expect(tour).to_contain_text("Recent jobs")
    tour.get_by_role("button", name="Done").click()
    expect(tour).to_be_hidden()
    desk.open()
    expect(tour).to_be_hidden()
    page.get_by_label("Account and links").first.click()
    page.get_by_role("button", name="Tour of the workbench").click()
    expect(tour).to_be_focused()
    page.keyboard.press("Escape")
    expect(tour).to_be_hidden()


def test_who_asked_for_it_is_told_of_a_jobs_end_once(desk, experiment):
    page = desk.page
    page.context.grant_permissions(["notifications"], origin=desk.url)
    page.add_init_script(HEAR_NOTIFICATIONS)
    desk.open()
    page.get_by_label("Account and links").first.click()
    switch = page.get_by_role("switch", name="Notify me of a job's end")
    expect(switch).to_have_attribute("aria-checked", "false")
    switch.click()
    expect(switch).to_have_attribute("aria-checked", "true")
    scribe = Scribe.start(experiment, steps=40)
    scribe.write(40)
    scribe.end()
    wait_until(lambda: page.evaluate("window.shown.length") == 2, "a second notification")
    told = page.evaluate("window.shown[1]")
    assert told == [f"Job {scribe.job.pk} completed", "digits: 40 of 40 steps"]


def test_a_browser_that_blocks_notifications_is_told_of_in_the_menu(desk, experiment):
    page = desk.page
    page.add_init_script("Notification.requestPermission = async () => 'denied'")
    desk.open()
    page.get_by_label("Account and links").first.click()
    switch = page.get_by_role("switch", name="Notify me of a job's end")
    switch.click()
    expect(page.get_by_text("Your browser blocks them")).to_be_visible()
    expect(switch).to_have_attribute("aria-checked", "false")


def test_the_tab_of_a_jobs_page_tells_how_far_it_is(desk, experiment):
    scribe = Scribe.start(experiment, steps=200)
    desk.open(f"/job/{scribe.job.pk}/")
    scribe.write(50)
    expect(desk.page).to_have_title(f"25% · Job {scribe.job.pk} · ACC")
    scribe.end()
    expect(desk.page).to_have_title(f"completed · Job {scribe.job.pk} · ACC")


def test_on_paper_there_is_what_was_found_and_nothing_to_press(desk, experiment):
    scribe = Scribe.start(experiment, steps=20)
    scribe.write(20)
    scribe.end()
    Job.objects.filter(pk=scribe.job.pk).update(notes="the one to keep")
    desk.open(f"/job/{scribe.job.pk}/")
    desk.page.emulate_media(media="print")
    expect(desk.page.get_by_label("Notes", exact=True).last).to_have_value("the one to keep")
    expect(desk.page.get_by_label("Notes", exact=True).last).to_be_visible()
    expect(desk.page.get_by_role("heading", level=1)).to_be_visible()
    expect(desk.page.locator(".bar")).to_be_hidden()
    for button in desk.page.get_by_role("button").all():
        expect(button).to_be_hidden()


def test_an_experiment_without_states_opens_without_complaints(desk, experiment):
    """The fixture fails on any line in the console."""
    desk.open("/checkpoints/")
    expect(desk.page.get_by_text("No state yet")).to_be_visible()
