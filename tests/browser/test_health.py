"""Spikes, warnings and the figures beside the curves, as somebody at the page meets them."""

import datetime
import math

import pytest
from django.utils import timezone
from playwright.sync_api import Route, expect

from tests.dashboard.rows import Scribe, experiment_make
from trainer.live.publish import publish_flush
from trainer.models import Job
from trainer.services.figures import figures_store
from trainer.services.oddities import OddLoss, oddities_store

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

SPIKE = OddLoss("spike", 60, "recon", {"value": 14.2, "usual": 0.31})


@pytest.fixture
def scribe(transactional_db, settings) -> Scribe:
    scribe = Scribe.start(experiment_make("digits"))
    scribe.write(120, recon={60: 14.2}, kl={90: math.nan})
    return scribe


def sample(scribe, at, **more):
    figures = {"steps_per_second": 80.0 + at % 7, "data_share": 0.1, "compute_share": 0.8}
    figures |= {
        "eta_seconds": 60.0,
        "waiting_share": 0.1,
        "process_cpu": 101.0,
        "process_bytes": 4.2e8,
    } | more
    figures_store(job=scribe.job, at=float(at), step=2 * at, figures=figures)
    publish_flush()


def test_a_spike_is_marked_as_it_happens_and_found_with_the_keyboard(desk, scribe):
    desk.open("/")
    desk.wait_for_step(120)
    oddities_store(job=scribe.job, found=[SPIKE])
    publish_flush()
    mark = desk.page.locator(".chart__mark")
    said = "step 60: recon spiked to 14.20, usually about 0.3100"
    expect(mark).to_have_attribute("aria-label", said)
    entry = desk.page.locator("#events-list [data-event-step='60']")
    entry.wait_for()
    mark.focus()
    scribe.write(10)
    desk.wait_for_step(130)
    expect(mark).to_be_focused()
    desk.page.keyboard.press("Enter")
    expect(entry).to_have_attribute("aria-pressed", "true")


def test_figures_grow_beside_the_curves_and_are_read_with_pointer_and_table(desk, scribe):
    for at in range(1, 30):
        sample(scribe, at)
    desk.open("/")
    tiles = desk.page.locator(".figure-tile")
    labels = [
        "Steps/s",
        "Time on data",
        "Time on compute",
        "Time waiting",
        "Process CPU",
        "Process memory",
        "Time left",
    ]
    expect(tiles.locator("dt")).to_have_text(labels)
    sample(scribe, 30, steps_per_second=912.0)
    expect(tiles.first.locator("dd").first).to_have_text("912")
    note = desk.page.locator("[data-figures-at]")
    expect(note).to_have_text("now")
    drawing = tiles.first.locator("svg")
    drawing.scroll_into_view_if_needed()
    drawing.hover(position={"x": 1, "y": 10})
    expect(note).to_have_text("at step 2")
    desk.page.mouse.move(0, 0)
    scribe.end()
    expect(note).to_have_text("at the end")
    desk.page.reload()
    expect(note).to_have_text("at the end")
    desk.page.get_by_text("These figures as a table").click()
    rows = desk.page.locator("#figures-panel tbody tr")
    cells = rows.first.locator("th, td")
    expect(cells.nth(0)).to_have_text("60")
    expect(cells.nth(1)).to_have_text("912")


def test_a_sample_that_overtakes_the_history_does_not_take_its_place(desk, scribe):
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    for at in range(1, 30):
        sample(scribe, at)
    desk.page.route("**/figures?*", hold)
    desk.open("/")
    desk.hear_until(lambda: held, "the history is on its way")
    sample(scribe, 30, steps_per_second=912.0)
    scribe.write(1)
    desk.wait_for_step(121)  # what was told before it has arrived as well
    for route in held:
        route.continue_()
    tiles = desk.page.locator(".figure-tile")
    expect(tiles.first.locator("dd").first).to_have_text("912")
    desk.page.get_by_text("These figures as a table").click()
    expect(desk.page.locator("#figures-panel tbody tr")).to_have_count(30)


def test_a_job_that_stands_still_is_told_and_taken_back_without_a_reload(desk, scribe):
    desk.open("/")
    long_ago = timezone.now() - datetime.timedelta(seconds=60)
    lease = timezone.now() + datetime.timedelta(seconds=300)
    Job.objects.update(
        stepped_at=long_ago, lease_until=lease, worker="here:77:1", steps_per_second=10.0
    )
    warning = desk.page.locator(f"#warning-stalled-{scribe.job.pk}")
    expect(warning).to_contain_text("end its process (here:77)")
    assert warning.get_by_role("link").bounding_box()["height"] >= 40
    Job.objects.update(stepped_at=timezone.now() + datetime.timedelta(seconds=300))
    warning.wait_for(state="detached")
