"""The loss curves as somebody at the screen looks at them: near, far, weighted, side by side."""

import csv
import re

import numpy as np
import pytest
from playwright.sync_api import expect

from tests.dashboard.rows import TASKS, Scribe, experiment_make
from tests.setup.waiting import wait_until

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

FRAME = ".chart__frame"


@pytest.fixture
def experiment(transactional_db):
    return experiment_make("digits")


@pytest.fixture
def scribe(experiment):
    scribe = Scribe.start(experiment, steps=30_000)
    scribe.write(101)
    return scribe


def sight(desk):
    """Return the first and the last step in sight."""
    panel = desk.page.locator("#loss-curves")
    return [int(panel.get_attribute(f"data-{end}") or 0) for end in ("from", "to")]


def drag(desk, start, end):
    """Drag over the curves, from one share of the width to another."""
    box = desk.page.locator(FRAME).bounding_box()
    y = box["y"] + box["height"] / 2
    desk.page.mouse.move(box["x"] + start * box["width"], y)
    desk.page.mouse.down()
    desk.page.mouse.move(box["x"] + end * box["width"], y, steps=4)
    desk.page.mouse.up()


def test_a_drag_zooms_finer_points_come_and_a_link_leads_back_to_the_view(desk, experiment):
    scribe = Scribe.start(experiment, steps=30_000)
    scribe.write(20_000, kl={5000: 77.0})
    scribe.end()
    desk.open()
    desk.wait_for_step(20_000)
    assert len(desk.points()["kl"]) < 4000
    drag(desk, 0.29, 0.32)
    desk.page.wait_for_selector("#loss-curves:not([data-from='1'])")
    first, last = sight(desk)
    assert last - first < 2000
    # The spike of one step was a part of a band; now its very point is there.
    wait_until(lambda: [5000, 77.0] in desk.points()["kl"], "the spike is a point")
    address = desk.page.url
    desk.page.goto("about:blank")
    desk.page.goto(address)
    desk.page.wait_for_selector(f"#loss-curves[data-from='{first}'][data-to='{last}']")
    desk.page.get_by_role("button", name="Reset").click()
    desk.page.wait_for_selector("#loss-curves[data-from='1'][data-to='20000']")


def test_keyboard_wheel_and_double_click_zoom_too(desk, scribe):
    desk.open()
    desk.wait_for_step(101)
    frame = desk.page.locator(FRAME)
    frame.focus()
    frame.press("+")
    desk.page.wait_for_selector("#loss-curves:not([data-from='1'])")
    frame.press("ArrowLeft")
    frame.press("0")
    desk.page.wait_for_selector("#loss-curves[data-from='1'][data-to='101']")
    frame.hover(position={"x": 400, "y": 150})
    desk.page.mouse.wheel(0, -300)
    desk.page.wait_for_selector("#loss-curves:not([data-from='1'])")
    frame.dblclick(position={"x": 400, "y": 150})
    desk.page.wait_for_selector("#loss-curves[data-from='1'][data-to='101']")


def test_a_view_that_ends_at_the_last_step_goes_on_with_the_job(desk, scribe):
    desk.open()
    desk.wait_for_step(101)
    drag(desk, 0.6, 1.0)
    desk.page.wait_for_selector("#loss-curves:not([data-from='1'])")
    first, last = sight(desk)
    assert last == 101
    scribe.write(50)
    desk.page.wait_for_selector(f"#loss-curves[data-from='{first}'][data-to='151']")
    assert desk.points()["recon"][-1][0] == 151


def test_a_curve_can_be_hidden_shown_alone_smoothed_and_read(desk, scribe):
    desk.open()
    desk.wait_for_step(101)
    legend = desk.page.locator(".legend")
    legend.get_by_role("button", name="kl").click()
    assert set(desk.points()) == {"recon", "digit", "total"}
    legend.get_by_role("button", name="recon").dblclick()
    assert set(desk.points()) == {"recon"}
    desk.page.get_by_role("button", name="Linear").click()
    desk.page.get_by_label("Smooth").fill("2")
    desk.page.get_by_label("Losses").select_option("weighted")
    desk.page.get_by_label("Over steps").select_option("epochs of digits")
    desk.page.locator(f"{FRAME} canvas").hover(position={"x": 400, "y": 150})
    tip = desk.page.locator(".chart__tip")
    expect(tip).to_contain_text("recon")
    expect(tip).to_contain_text(re.compile(r"epoch \d\.\d\d of digits"))
    expect(tip).not_to_contain_text("kl")
    desk.page.reload()
    expect(desk.page.get_by_role("button", name="Linear")).to_have_attribute("aria-pressed", "true")
    expect(desk.page.locator("[data-smoothed]")).to_have_text("10 steps")
    desk.wait_for_step(101)
    assert set(desk.points()) == {"recon"}
    legend.get_by_role("button", name="recon").click(modifiers=["Alt"])
    assert set(desk.points()) == {"recon", "kl", "digit", "total"}


def test_the_table_under_the_pointer_leaves_out_who_took_no_part_there(desk, experiment):
    scribe = Scribe.start(experiment, steps=1000)
    losses_ST = np.ones((1000, len(TASKS)))
    present_ST = np.ones(losses_ST.shape, dtype=bool)
    column = [name for name, *_ in TASKS].index("kl")
    present_ST[400:, column] = False
    scribe.record(losses_ST, present_ST=present_ST)
    desk.open()
    desk.wait_for_step(1000)
    box = desk.page.locator(FRAME).bounding_box()
    tip = desk.page.locator(".chart__tip")
    for share, is_there in [(0.25, True), (0.75, False)]:
        place = {"x": share * box["width"], "y": box["height"] / 2}
        desk.page.locator(f"{FRAME} canvas").hover(position=place)
        expect(tip).to_contain_text("recon")
        assert ("kl" in tip.inner_text()) == is_there


@pytest.mark.parametrize("width", [390, 1280])
def test_the_legend_has_the_last_loss_itself_however_coarse_the_curves_are(desk, experiment, width):
    scribe = Scribe.start(experiment, steps=20_000)
    scribe.write(20_000, recon={20_000: 0.4321})
    scribe.end()
    desk.page.set_viewport_size({"width": width, "height": 800})
    desk.open()
    desk.wait_for_step(20_000)
    recon = desk.page.locator(".legend").get_by_role("button", name="recon")
    expect(recon.locator(".legend__value")).to_have_text("0.4321")


def test_a_job_with_losses_is_never_said_to_have_none(desk, experiment):
    scribe = Scribe.start(experiment, steps=200)
    scribe.write(101)
    desk.page.route("**/loss_history*", lambda route: None)  # never answered
    desk.open()
    desk.page.wait_for_selector("#loss-curves[data-from]")
    expect(desk.page.locator(".chart__empty")).to_be_hidden()


def test_a_decade_is_as_high_as_the_next_on_a_logarithmic_scale_and_not_on_a_linear_one(
    desk, scribe
):
    def heights():
        return desk.page.evaluate(
            """() => {
              const { y } = Chart.getChart(document.querySelector("#loss-curves canvas")).scales;
              const [one, ten, hundred] = [0.1, 1, 10].map((loss) => y.getPixelForValue(loss));
              return [one - ten, ten - hundred];
            }"""
        )

    desk.open()
    desk.wait_for_step(101)
    lower, upper = heights()
    assert lower == pytest.approx(upper, rel=0.01)
    desk.page.get_by_role("button", name="Linear").click()
    wait_until(lambda: heights()[1] == pytest.approx(10 * heights()[0], rel=0.01), "it is linear")
    desk.page.get_by_role("button", name="Log", exact=True).click()
    wait_until(lambda: heights()[1] == pytest.approx(heights()[0], rel=0.01), "it is logarithmic")


def test_weighted_losses_are_those_that_the_total_adds_up(desk, scribe):
    scribe.happen("set_weight", task="kl", old=0.002, new=0.5)
    desk.open()
    desk.wait_for_step(101)
    raw = desk.points()
    desk.page.get_by_label("Losses").select_option("weighted")
    wait_until(lambda: desk.points()["kl"] != raw["kl"], "the losses are weighted")
    shown = desk.points()
    assert shown["kl"][0][1] == pytest.approx(0.002 * raw["kl"][0][1])
    parts = sum(shown[name][50][1] for name in ("recon", "kl", "digit"))
    assert parts == pytest.approx(shown["total"][50][1], rel=1e-5)


def test_other_jobs_are_drawn_beside_and_named(desk, experiment, scribe):
    scribe.end()
    other = Scribe.start(experiment_make("others", is_active=False), steps=300)
    other.write(200)
    other.end()
    desk.open()
    desk.wait_for_step(101)
    desk.page.get_by_label("Compare with a job").select_option(str(other.job.pk))
    named = desk.page.locator(".legend").get_by_role("button", name=f"job {other.job.pk}")
    expect(named).to_be_visible()
    desk.page.wait_for_selector("#loss-curves[data-to='200']")
    desk.page.locator(f"{FRAME} canvas").hover(position={"x": 300, "y": 150})
    expect(desk.page.locator(".chart__tip")).to_contain_text(f"job {other.job.pk}: recon")
    desk.page.reload()
    desk.page.wait_for_selector("#loss-curves[data-to='200']")
    named.click()
    desk.page.wait_for_selector("#loss-curves[data-to='101']")


def test_another_jobs_curves_come_although_the_first_answer_did_not(desk, experiment, scribe):
    other = Scribe.start(experiment_make("others", is_active=False), steps=300)
    other.write(200)
    desk.page.route(
        f"**/jobs/{other.job.pk}", lambda route: route.fulfill(status=503, body="{}"), times=1
    )
    desk.open(f"/#with={other.job.pk}")
    desk.page.wait_for_selector("#loss-curves[data-to='200']")
    desk.forgive("503")


def test_a_single_point_is_a_dot(desk, experiment):
    Scribe.start(experiment, steps=2).write(1)
    desk.open()
    desk.wait_for_step(1)
    radii = """() => Chart.getChart(document.querySelector("#loss-curves canvas"))
      .data.datasets.map(({ pointRadius }) => pointRadius[0])"""
    wait_until(lambda: desk.page.evaluate(radii) == [2.5] * 4, "each curve is a dot")


def test_losses_that_a_logarithm_has_no_place_for_are_told_of(desk, experiment):
    Scribe.start(experiment).write(10, kl={5: 0.0})
    desk.open()
    desk.wait_for_step(10)
    note = desk.page.get_by_text("Losses of 0 and below have no place on a logarithmic axis")
    expect(note).to_be_visible()
    desk.page.get_by_role("button", name="Linear").click()
    expect(note).to_be_hidden()


def test_what_is_shown_can_be_saved_and_read_as_a_table(desk, scribe):
    desk.open()
    desk.wait_for_step(101)
    desk.page.locator(".legend").get_by_role("button", name="kl").click()
    drag(desk, 0.6, 1.0)
    desk.page.wait_for_selector("#loss-curves:not([data-from='1'])")
    first, _ = sight(desk)
    with desk.page.expect_download() as saved:
        desk.page.get_by_role("button", name="CSV of the losses").click()
    rows = list(csv.DictReader(saved.value.path().read_text().splitlines()))
    assert {row["series"] for row in rows} == {"recon", "digit", "total"}
    recon = {int(row["first_step"]): float(row["mean"]) for row in rows if row["series"] == "recon"}
    assert set(recon) == set(range(first, 102))
    assert recon[101] == pytest.approx(10 / 110)
    with desk.page.expect_download() as saved:
        desk.page.get_by_role("button", name="PNG").click()
    assert saved.value.path().read_bytes().startswith(b"\x89PNG")
    desk.page.get_by_text("These curves as a table").click()
    table = desk.page.locator("[data-curve-table] tbody tr", has_text="recon")
    expect(table).to_have_count(102 - first)
    expect(table.last).to_contain_text("101")
    expect(table.last).to_contain_text("0.09091")
