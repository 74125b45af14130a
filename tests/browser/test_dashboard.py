"""The workbench as somebody at its screen sees it."""

import math
import re

import numpy as np
import pytest
from playwright.sync_api import expect

from tests.dashboard.rows import Scribe, experiment_make
from tests.setup.waiting import wait_until
from trainer.models import Job, JobCommand
from trainer.selectors.losses import loss_columns
from trainer.services.commands import command_applied
from trainer.services.jobs import job_pause_set

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def experiment(transactional_db):
    return experiment_make("digits")


def stored(job):
    """Return all points of a job as the chart should show them."""
    columns = loss_columns(job, max_points=100_000)
    series = {**columns["series"], "total": columns["total"]}
    return {
        name: [list(point) for point in zip(column["step"], column["loss"], strict=True)]
        for name, column in series.items()
    }


def assert_shows(desk, job, *, step):
    """Assert that the chart shows every stored point once, none less and none twice."""
    desk.wait_for_step(step)
    wait_until(lambda: desk.points().keys() == stored(job).keys(), "every curve is there")
    shown, expected = desk.points(), stored(job)
    for name, points in expected.items():
        assert [point[0] for point in shown[name]] == [point[0] for point in points], name
        for (_, seen), (_, true) in zip(shown[name], points, strict=True):
            assert (seen is None) == (true is None)
            assert seen is None or math.isclose(seen, true, rel_tol=1e-6)


def test_curves_grow_while_a_job_trains_and_stay_after_a_reload_and_after_its_end(desk, experiment):
    scribe = Scribe.start(experiment)
    scribe.write(40)
    desk.open()
    assert_shows(desk, scribe.job, step=40)
    for _ in range(5):
        scribe.write(30)
    assert_shows(desk, scribe.job, step=190)
    desk.page.reload()
    scribe.write(30)
    assert_shows(desk, scribe.job, step=220)
    scribe.write(30)
    scribe.end()
    assert_shows(desk, scribe.job, step=250)
    expect(desk.page.locator("#loss-curves .badge")).to_have_text("completed")
    desk.page.reload()
    assert_shows(desk, scribe.job, step=250)


def test_a_job_that_starts_elsewhere_appears_by_itself_with_its_progress(desk, experiment):
    desk.open()
    expect(desk.page.get_by_text("No job yet")).to_be_visible()
    scribe = Scribe.start(experiment, steps=200)
    scribe.write(50)
    assert_shows(desk, scribe.job, step=50)
    expect(desk.page.locator("[data-figure=percent]")).to_have_text("25 %")
    expect(desk.page).to_have_title("25% · digits · ACC")
    expect(desk.page.locator("[data-task-loss=kl]").first).to_have_text("0.3390")
    scribe.write(150)
    scribe.end()
    expect(desk.page).to_have_title("completed · digits · ACC")
    expect(desk.page.get_by_role("button", name="Start training")).to_be_enabled()
    expect(desk.page.locator(f"#job-link-{scribe.job.pk}")).to_contain_text("completed")


def test_a_lost_message_is_noticed_and_its_points_are_fetched(desk, experiment):
    scribe = Scribe.start(experiment)
    desk.open()
    scribe.write(10)
    desk.wait_for_step(10)
    scribe.write(10, announced=False)
    scribe.write(10)
    assert_shows(desk, scribe.job, step=30)


def test_a_server_that_went_away_comes_back_to_complete_curves(desk, experiment, site):
    scribe = Scribe.start(experiment)
    scribe.write(10)
    desk.open()
    desk.wait_for_step(10)
    site.stop()
    desk.page.wait_for_selector("#connection:not([data-state=live])")
    banner = desk.page.locator("#cut-off")
    expect(banner).to_be_visible()
    desk.page.get_by_role("button", name="Stop").click()
    expect(desk.page.locator("#run-panel")).to_contain_text("ACC did not answer.")
    scribe.write(25)
    site.start()
    desk.page.wait_for_selector("#connection[data-state=live]")
    assert_shows(desk, scribe.job, step=35)
    expect(banner).to_be_hidden()
    scribe.write(5)
    assert_shows(desk, scribe.job, step=40)
    # What the browser says of refused connections is not the page's trouble.
    desk.trouble[:] = [line for line in desk.trouble if not re.search("ERR_|htmx:", line)]


def test_a_restart_from_a_checkpoint_replaces_the_points_after_it(desk, experiment):
    scribe = Scribe.start(experiment)
    desk.open()
    scribe.write(50)
    desk.wait_for_step(50)
    scribe.restart(from_step=20)
    scribe.write(10, recon={25: 7.0})
    assert_shows(desk, scribe.job, step=30)


def test_a_loss_that_is_not_finite_breaks_its_line_and_the_others_go_on(desk, experiment):
    scribe = Scribe.start(experiment)
    scribe.write(20, recon={5: np.nan})
    desk.open()
    scribe.write(20, digit={30: np.inf})
    assert_shows(desk, scribe.job, step=40)
    points = {name: dict(map(tuple, curve)) for name, curve in desk.points().items()}
    assert points["recon"][5] is None
    assert points["digit"][30] is None
    assert points["kl"][5] is not None


def test_what_the_operator_types_and_where_survives_everything_that_happens(desk, experiment):
    scribe = Scribe.start(experiment)
    desk.open()
    steps = desk.page.get_by_label("Steps", exact=True)
    steps.fill("31")
    steps.press("End")
    scribe.write(30)
    scribe.happen("set_weight", task="kl", weight=0.5)
    scribe.end(Job.State.STOPPED)
    expect(desk.page.locator(f"#job-link-{scribe.job.pk}")).to_contain_text("stopped")
    steps.press("4")
    expect(steps).to_have_value("314")
    expect(steps).to_be_focused()


def test_start_sends_what_was_typed_and_stop_stops_it(desk, experiment):
    desk.open()
    desk.page.get_by_label("Steps", exact=True).fill("123")
    desk.page.get_by_label("Schedule").select_option("weighted")
    desk.page.get_by_role("button", name="Start training").click()
    stop = desk.page.get_by_role("button", name="Stop")
    expect(stop).to_be_visible()
    job = Job.objects.get()
    assert (job.total_steps, job.schedule, job.created_by) == (123, "weighted", "ada")
    expect(desk.page.get_by_role("button", name="Start training")).to_be_disabled()
    expect(desk.page.locator("#loss-curves")).to_contain_text(f"Job {job.pk} is queued")
    stop.click()
    expect(desk.page.locator(f"#job-link-{job.pk}")).to_contain_text("stopped")
    expect(desk.page.get_by_role("button", name="Start training")).to_be_enabled()
    assert Job.objects.get().state == "stopped"


def test_a_paused_job_waits_with_its_clock_and_offers_to_go_on(desk, experiment):
    scribe = Scribe.start(experiment)
    scribe.write(10)
    desk.open()
    expect(desk.page.get_by_role("button", name="Pause")).to_be_visible()
    Job.objects.filter(pk=scribe.job.pk).update(active_seconds=75.0)
    job_pause_set(scribe.job, paused=True)
    resume = desk.page.get_by_role("button", name="Resume")
    expect(resume).to_be_visible()
    expect(desk.page.get_by_role("button", name="Pause")).to_be_hidden()
    # The job was claimed a moment ago: only what it says of itself counts, and it stands still.
    expect(desk.page.locator("#run-panel [data-figure=elapsed]")).to_have_text("1 min 15 s")
    resume.click()
    wait_until(JobCommand.objects.exists, "the worker is told to go on")
    command = JobCommand.objects.get()
    job_pause_set(scribe.job, paused=False)
    command_applied(command=command, step=10, detail={})
    expect(desk.page.get_by_role("button", name="Pause")).to_be_visible()


def test_a_button_that_is_held_while_its_panel_changes_does_what_it_says(desk, experiment):
    scribe = Scribe.start(experiment)
    desk.open()
    desk.page.get_by_role("button", name="Stop").hover()
    desk.page.mouse.down()
    job_pause_set(scribe.job, paused=True)
    expect(desk.page.get_by_role("button", name="Resume")).to_be_visible()
    desk.page.mouse.up()
    wait_until(JobCommand.objects.exists, "the worker is told")
    assert JobCommand.objects.get().kind == "stop"


def test_whoever_starts_a_job_sees_it_even_while_looking_at_an_older_one(desk, experiment):
    old = Scribe.start(experiment)
    old.write(5)
    old.end()
    desk.open(f"/?job={old.job.pk}")
    desk.wait_for_step(5)
    desk.page.get_by_role("button", name="Start training").click()
    expect(desk.page.locator("#loss-curves")).to_contain_text("is queued")
    scribe = Scribe.claim(Job.objects.get(state="queued"))
    scribe.write(20)
    assert_shows(desk, scribe.job, step=20)
    expect(desk.page).not_to_have_url(re.compile("job="))


def test_a_refusal_stands_beside_its_field_and_what_was_typed_stays(desk, experiment):
    desk.open()
    desk.page.get_by_label("Steps", exact=True).fill("0")
    desk.page.get_by_label("Seed").fill("5")
    desk.page.get_by_role("button", name="Start training").click()
    expect(desk.page.locator("#id_steps_error")).to_be_visible()
    expect(desk.page.get_by_label("Seed")).to_have_value("5")
    desk.forgive_refusals()


def test_a_click_on_a_job_shows_its_curves_and_the_address_leads_back_to_them(desk, experiment):
    first = Scribe.start(experiment)
    first.write(15)
    first.end()
    second = Scribe.start(experiment)
    second.write(25)
    desk.open()
    assert_shows(desk, second.job, step=25)
    link = desk.page.locator(f"#job-link-{first.job.pk}")
    link.click()
    assert_shows(desk, first.job, step=15)
    expect(link).to_have_attribute("aria-current", "true")
    expect(desk.page).to_have_url(re.compile(f"job={first.job.pk}$"))
    # The other job goes on in its own panel and does not mix into these curves.
    second.write(25)
    expect(desk.page.locator("#run-panel [data-figure=step]")).to_have_text("50")
    assert_shows(desk, first.job, step=15)
    desk.page.reload()
    assert_shows(desk, first.job, step=15)
    desk.page.go_back()
    assert_shows(desk, second.job, step=50)


def test_markup_in_a_name_stays_text(desk):
    experiment = experiment_make("evil", name="<img src=x onerror=document.title=1>")
    scribe = Scribe.start(experiment)
    scribe.write(10)
    scribe.happen("refused", reason="<b id=planted>")
    desk.open()
    scribe.end(Job.State.FAILED, error="<b id=planted>")
    expect(desk.page.locator("[data-live=error]")).to_have_text("<b id=planted>")
    desk.page.locator(".chart__frame canvas").hover(position={"x": 500, "y": 150})
    assert desk.page.locator("#planted, img[src=x]").count() == 0


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 390, 1280])
def test_the_page_fits_the_screen_and_every_target_is_large_enough(desk, experiment, width, theme):
    scribe = Scribe.start(experiment)
    scribe.write(30)
    desk.page.set_viewport_size({"width": width, "height": 844})
    desk.page.emulate_media(color_scheme=theme)
    desk.open()
    desk.wait_for_step(30)
    assert desk.page.evaluate("document.documentElement.dataset.theme") == theme
    assert desk.page.evaluate("document.documentElement.scrollWidth") <= width
    small = desk.page.evaluate(
        """() => [...document.querySelectorAll("a, button, select, input, summary")]
          .filter((element) => element.checkVisibility() && element.type !== "hidden")
          .filter((element) => !element.matches(".skip-link"))
          .filter((element) => element.getBoundingClientRect().height < 40)
          .map((element) => element.outerHTML)"""
    )
    assert small == []


def test_the_chosen_theme_stays_and_the_system_leads_until_one_is_chosen(desk, experiment):
    desk.page.emulate_media(color_scheme="light")
    desk.open()
    theme = "document.documentElement.dataset.theme"
    desk.page.get_by_role("button", name="Switch between light and dark").click()
    assert desk.page.evaluate(theme) == "dark"
    desk.page.reload()
    assert desk.page.evaluate(theme) == "dark"
    desk.page.get_by_role("button", name="Switch between light and dark").click()
    desk.page.emulate_media(color_scheme="dark")
    expect(desk.page.locator("html")).to_have_attribute("data-theme", "dark")
