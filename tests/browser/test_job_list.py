"""The list of recent jobs and the page of one of them, as somebody at the screen sees them."""

import re

import pytest
from playwright.sync_api import APIResponse, Route, expect

from tests.dashboard.rows import Scribe, experiment_make
from tests.dashboard.states import state_make
from trainer.models import Job

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def experiment(transactional_db):
    return experiment_make("digits")


def job_run(experiment) -> Job:
    scribe = Scribe.start(experiment)
    scribe.write(20)
    scribe.end()
    return scribe.job


def test_jobs_can_be_compared_once_two_are_ticked(desk, experiment):
    first, second = job_run(experiment), job_run(experiment)
    desk.open()
    button = desk.page.get_by_role("button", name="Compare ticked")
    expect(button).to_be_disabled()
    desk.page.get_by_label(f"Compare job {first.pk}").check()
    expect(button).to_be_disabled()
    desk.page.get_by_label(f"Compare job {second.pk}").check()
    expect(button).to_be_enabled()
    # Not the one of a panel that catches up after it went live.
    with desk.page.expect_response(re.compile("/partials/jobs/.*state=completed")):
        desk.page.get_by_label("State").select_option("completed")
    expect(button).to_be_enabled()
    button.click()
    expect(desk.page.get_by_role("heading", name="Jobs side by side")).to_be_visible()


def test_the_row_of_a_running_job_follows_its_health_and_keeps_what_is_ticked(desk, experiment):
    job_run(experiment)
    desk.open()
    scribe = Scribe.start(experiment)
    row = desk.page.locator(f"#job-row-{scribe.job.pk}")
    tick, link = row.get_by_role("checkbox"), row.locator(".job__link")
    tick.check()
    link.focus()
    scribe.write(30)
    expect(row.locator(".job__health").first).to_have_text("healthy")
    expect(row.locator("polyline")).to_have_count(1)
    scribe.job.loss_series.filter(task_name="recon").update(health="critical")
    expect(row.locator(".job__health").first).to_have_text("critical")
    expect(tick).to_be_checked()
    expect(link).to_be_focused()
    expect(link).to_have_attribute("aria-current", "true")
    scribe.end()
    expect(row.locator(".badge").first).to_have_text("completed")
    expect(row).not_to_have_attribute("hx-get", re.compile(""))


def test_what_happens_to_a_job_while_its_panel_is_on_its_way_is_in_its_list(desk, experiment):
    held: list[tuple[Route, APIResponse]] = []

    def hold(route: Route) -> None:
        held.append((route, route.fetch()))

    job_run(experiment)
    desk.open()
    desk.page.route("**/partials/loss_curves/**", hold, times=1)
    scribe = Scribe.start(experiment)
    desk.hear_until(lambda: held, "the panel is on its way")
    with desk.page.expect_response("**/partials/events/**"):
        scribe.happen("set_weight", task="kl", old=0.002, new=0.5)
    route, answer = held[0]
    route.fulfill(response=answer)
    events = desk.page.locator("#events-list")
    expect(events).to_contain_text("weight of kl 0.002 → 0.5")


def test_of_two_jobs_that_are_clicked_the_last_one_is_shown_whichever_comes_first(desk, experiment):
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    older, newer = job_run(experiment), job_run(experiment)
    desk.open()
    desk.page.route("**/partials/loss_curves/**", hold)
    desk.page.locator(f"#job-link-{newer.pk}").click()
    desk.hear_until(lambda: held, "the first one's curves are on their way")
    desk.page.locator(f"#job-link-{older.pk}").click()
    desk.hear_until(lambda: len(held) == 2, "the other one's curves are on their way")
    # A job that begins now does not take the place of what was chosen.
    begun = Scribe.start(experiment)
    expect(desk.page.locator(f"#run-panel [data-run='{begun.job.pk}']")).to_be_visible()
    for route in held:
        route.continue_()
    desk.page.wait_for_selector(f"#loss-curves[data-job='{older.pk}']")
    expect(desk.page).to_have_url(re.compile(f"job={older.pk}$"))
    assert len(held) == 2


def test_the_page_of_a_job_fits_a_phone(desk, experiment):
    job = job_run(experiment)
    Job.objects.filter(pk=job.pk).update(checkpoint=state_make(experiment, 20))
    desk.page.set_viewport_size({"width": 390, "height": 844})
    desk.open(f"/job/{job.pk}/")
    expect(desk.page.get_by_role("button", name="Continue from here")).to_be_visible()
    assert desk.page.evaluate("document.documentElement.scrollWidth") == 390
