"""Evaluations over the steps of a job: metrics below its curves, and the same images at each."""

import io

import pytest
from PIL import Image
from playwright.sync_api import expect

from tests.dashboard.measured import BOUNDS, answer_call
from tests.dashboard.rows import Scribe, experiment_make
from tests.setup.waiting import wait_until
from trainer.models import Call, Checkpoint, Job
from trainer.services.eval_pictures import SheetFact
from trainer.services.evals import EvalOutcome, MetricFact, eval_send, eval_store
from trainer.services.picture_files import picture_keep

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

STEPS = (100, 200, 300, 400)


@pytest.fixture
def job(transactional_db):
    """A job of 400 steps that was evaluated every 100."""
    scribe = Scribe.start(experiment_make("digits"), steps=1000)
    scribe.write(400)
    for step in STEPS:
        evaluate(scribe.job, step)
    return scribe.job


def evaluate(job: Job, step: int) -> None:
    """Store what an evaluation of a job found; its picture has a shade of its own."""
    sheet = Image.new("RGBA", (8 * 34 - 2, 3 * 34 - 2), (step // 4, 60, 90, 255))
    buffer = io.BytesIO()
    sheet.save(buffer, format="PNG")
    fact = SheetFact("digits", picture_keep(buffer.getvalue()), [10 + step / 100] * 8)
    checkpoint = Checkpoint.objects.create(
        experiment=job.experiment,
        job=job,
        kind=Checkpoint.Kind.EVAL,
        step=step,
        job_step=step,
        file_name=f"{step}.safetensors",
        size_bytes=1,
    )
    metrics = [
        MetricFact("recon", "psnr", 10 + step / 100, **BOUNDS["psnr"]),
        MetricFact("digit", "accuracy", step / 500, **BOUNDS["accuracy"]),
    ]
    outcome = EvalOutcome(step=step, checkpoint=checkpoint, metrics=metrics, sheets=[fact])
    eval_store(experiment=job.experiment, outcome=outcome)


def wait_for_crosshair(desk, step):
    """Wait until the crosshair stands at a step."""
    desk.page.wait_for_function(
        "step => Chart.getChart(document.querySelector('#loss-curves canvas')).accStep === step",
        arg=step,
    )


def test_metrics_stand_below_the_curves_in_step_with_them(desk, job):
    desk.open()
    charts = desk.page.locator(".evals__one")
    expect(charts).to_have_count(2)
    expect(charts.first).to_contain_text("recon psnr")
    expect(charts.first).to_contain_text("14.00 dB at step 400, higher is better")
    dots = charts.first.locator("circle")
    expect(dots).to_have_count(4)

    def both_end_together():
        # The last evaluation is at the last step.
        dot = dots.last.bounding_box()
        right = desk.page.evaluate(
            """() => {
              const chart = Chart.getChart(document.querySelector("#loss-curves canvas"));
              const { left } = chart.canvas.getBoundingClientRect();
              return left + chart.scales.x.getPixelForValue(400);
            }"""
        )
        # A curve that is drawn anew has no dots for a moment.
        return bool(dot) and abs(dot["x"] + dot["width"] / 2 - right) < 1.5

    wait_until(both_end_together, "both end at the same pixel")


def test_the_slider_shows_the_same_images_at_other_steps_and_moves_the_crosshair(desk, job):
    desk.open()
    panel = desk.page.locator("#timeline-panel")
    image, slider = panel.locator("img"), panel.get_by_role("slider")
    expect(panel.locator("output")).to_have_text("step 400")
    newest = image.get_attribute("src")
    slider.focus()
    slider.press("ArrowLeft")
    expect(panel.locator("output")).to_have_text("step 300")
    expect(image).not_to_have_attribute("src", newest)
    expect(panel.locator("li").first).to_have_text("13.0")
    wait_for_crosshair(desk, 300)
    slider.press("Home")
    wait_for_crosshair(desk, 100)
    expect(desk.page.locator(".evals__value").first).to_contain_text("at step 100")


def test_the_slider_may_be_moved_before_the_curves_are_drawn(desk, job):
    desk.page.add_init_script(
        """const held = [];
        const give = window.requestAnimationFrame.bind(window);
        window.requestAnimationFrame = (draw) => held.push(draw);
        window.drawAtLast = () => {
          window.requestAnimationFrame = give;
          held.forEach((draw) => give(draw));
        };"""
    )
    desk.open()
    panel = desk.page.locator("#timeline-panel")
    expect(panel.locator("output")).to_have_text("step 400")
    panel.get_by_role("slider").press("Home")
    wait_for_crosshair(desk, 100)
    desk.page.evaluate("window.drawAtLast()")
    expect(desk.page.locator(".evals__value").first).to_contain_text("at step 100")


def test_the_crosshair_moves_the_slider(desk, job):
    desk.open()
    panel = desk.page.locator("#timeline-panel")
    expect(panel.locator("output")).to_have_text("step 400")
    canvas = desk.page.locator("#loss-curves canvas")
    canvas.scroll_into_view_if_needed()

    def shown_at(step):
        # The curves may still grow and move below the pointer, which a hand would follow.
        x, y = desk.page.evaluate(
            """(step) => {
              const chart = Chart.getChart(document.querySelector("#loss-curves canvas"));
              const box = chart.canvas.getBoundingClientRect();
              return [box.left + chart.scales.x.getPixelForValue(step), box.top + 80];
            }""",
            step,
        )
        desk.page.mouse.move(x, y)
        return panel.locator("output").text_content()

    wait_until(lambda: shown_at(190) == "step 200", "the slider is where the crosshair is")


def test_a_new_evaluation_is_there_without_a_reload(desk, job):
    desk.open()
    output = desk.page.locator("#timeline-panel output")
    expect(output).to_have_text("step 400")
    eval_send(experiment=job.experiment)
    evaluate(job, 500)
    answer_call(Call.Kind.EVAL_RUN, answer={})
    expect(output).to_have_text("step 500")
    expect(desk.page.locator(".evals__one").first.locator("circle")).to_have_count(5)


def test_the_newest_evaluation_is_compared_with_an_earlier_one(desk, job):
    desk.open()
    panel = desk.page.locator("#eval-panel")
    panel.get_by_label("Compare with").select_option(index=2)
    expect(panel.locator(".eval__difference").first).to_have_text("+2.000 better")


def test_both_fit_a_phone(desk, job):
    desk.page.set_viewport_size({"width": 390, "height": 844})
    desk.open()
    expect(desk.page.locator("#timeline-panel output")).to_have_text("step 400")
    assert desk.page.evaluate("document.documentElement.scrollWidth") == 390
