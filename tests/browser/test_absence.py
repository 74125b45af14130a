"""A page that was cut off: what it shows once it hears again."""

import re

import pytest
from django.contrib.sessions.models import Session
from playwright.sync_api import expect

from tests.dashboard.rows import Scribe, experiment_make

# What the page does once a second and after each refresh: draw the figures that it was told live.
DRAW = """() => document.body.dispatchEvent(
  new CustomEvent("acc:morphed", { bubbles: true, detail: {} }))"""

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def experiment(transactional_db):
    return experiment_make("digits")


@pytest.fixture
def scribe(experiment):
    scribe = Scribe.start(experiment)
    scribe.write(10)
    return scribe


@pytest.fixture
def cut_off(desk, scribe, site):
    """Cut off a page that follows a job; what this gives brings the web side back."""
    desk.open()
    desk.wait_for_step(10)
    scribe.write(100)
    desk.wait_for_step(110)
    site.stop()
    desk.page.wait_for_selector("#connection:not([data-state=live])")

    def come_back():
        site.start()
        desk.page.wait_for_selector("#connection[data-state=live]")

    yield come_back
    # What the browser says of refused connections is not the page's trouble.
    desk.trouble[:] = [line for line in desk.trouble if not re.search("ERR_|htmx:", line)]


def test_the_cards_tell_what_the_job_came_to_and_the_title_how_it_ended(desk, scribe, cut_off):
    loss = desk.page.locator("[data-task-loss=recon]").first
    seen = loss.inner_text()
    scribe.write(20, recon={130: 7.5})
    scribe.end()
    cut_off()
    expect(loss).to_have_text("7.500")
    assert seen != "7.500"
    expect(desk.page).to_have_title(re.compile("completed"))
    # Nothing that was told before the absence is written over it by the next drawing.
    desk.page.evaluate(DRAW)
    assert loss.inner_text() == "7.500"


def test_a_job_that_began_meanwhile_is_followed(desk, experiment, scribe, cut_off):
    scribe.end()
    other = Scribe.start(experiment)
    other.write(7)
    cut_off()
    desk.page.wait_for_selector(f"#loss-curves[data-job='{other.job.pk}'][data-step='7']")
    other.write(3)
    desk.wait_for_step(10)


def test_whoever_was_signed_out_is_told_and_loses_nothing_typed(desk, scribe):
    desk.open("/?experiment=digits#scale=linear")
    desk.wait_for_step(10)
    desk.page.get_by_role("textbox", name="Steps").fill("4321")
    Session.objects.all().delete()
    desk.page.get_by_role("button", name="Stop").click()
    banner = desk.page.locator("#signed-out")
    expect(banner).to_be_visible()
    expect(desk.page.get_by_role("textbox", name="Steps")).to_have_value("4321")
    expect(desk.page).to_have_url(re.compile("/[?]experiment=digits"))
    address = banner.get_by_role("link").get_attribute("href")
    assert address.endswith("/sign-in/?next=%2F%3Fexperiment%3Ddigits%23scale%3Dlinear")
    desk.page.goto("about:blank")  # what the page asks of its own accord is refused, too
    desk.forgive("401")
