"""Evaluations and reconstructions as somebody at the workbench sees them."""

import re

import pytest
from playwright.sync_api import expect

from tests.dashboard.measured import answer_call, evaluated, pictured
from tests.dashboard.rows import experiment_make
from tests.dashboard.states import measured, state_make
from tests.setup.trainer import trainer_stays
from tests.setup.waiting import wait_until
from trainer.models import Call
from trainer.services.evals import eval_send

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def experiment(transactional_db):
    return experiment_make("digits")


@pytest.fixture
def trainer_online(transactional_db):
    trainer_stays()


def asked(kind):
    """Wait until the page asked for something of the trainer side."""
    pending = Call.objects.filter(kind=kind, state=Call.State.PENDING)
    wait_until(pending.exists, f"{kind} is asked for")


def panel(desk, name):
    return desk.page.locator(f"#{name}-panel")


def test_an_evaluation_is_asked_for_and_its_numbers_appear_without_a_reload(
    desk, experiment, trainer_online
):
    desk.open()
    button = panel(desk, "eval").get_by_role("button")
    expect(button).to_have_text("Run eval")
    button.click()
    expect(button).to_have_text("Evaluating…")
    expect(button).to_be_disabled()
    asked(Call.Kind.EVAL_RUN)
    evaluated(experiment, 120, recon={"psnr": 21.5}, digit={"accuracy": 0.4})
    answer_call(Call.Kind.EVAL_RUN, answer={"step": 120})
    expect(panel(desk, "eval")).to_contain_text("21.50 dB")
    expect(panel(desk, "eval").locator(".badge--good")).to_have_text("good")
    expect(panel(desk, "eval").locator(".badge--bad")).to_have_text("poor")
    expect(button).to_have_text("Run eval")
    expect(button).to_be_enabled()


@pytest.mark.parametrize(
    ("name", "kind"), [("eval", Call.Kind.EVAL_RUN), ("recon", Call.Kind.PICTURES)]
)
def test_a_pressed_button_waits_as_its_answer_says(desk, experiment, trainer_online, name, kind):
    desk.open()
    # What the panel itself asks for afterwards would put right what the click made wrong.
    desk.page.route(
        re.compile("/partials/"),
        lambda route: route.continue_() if route.request.method == "POST" else None,
    )
    button = panel(desk, name).locator("button[type=submit]")
    button.click()
    asked(kind)
    expect(button).to_have_text(re.compile("…"))
    expect(button).to_be_disabled(timeout=1000)


def test_every_open_page_follows_an_evaluation_that_somebody_else_asked_for(
    desk, experiment, trainer_online
):
    desk.open()
    eval_send(experiment=experiment, by="bob")
    expect(panel(desk, "eval").get_by_role("button")).to_have_text("Evaluating…")
    answer_call(Call.Kind.EVAL_RUN, error="checkpoint 3 is damaged")
    expect(panel(desk, "eval").get_by_role("alert")).to_have_text("checkpoint 3 is damaged")


def test_a_refused_click_says_why_and_keeps_what_was_shown(desk, experiment):
    evaluated(experiment, 120, recon={"psnr": 21.5})
    desk.open()
    panel(desk, "eval").get_by_role("button").click()
    expect(panel(desk, "eval").get_by_role("alert")).to_contain_text("the trainer is offline")
    expect(panel(desk, "eval")).to_contain_text("21.50 dB")
    desk.forgive_refusals()


def test_trends_grow_as_evaluations_come_in(desk, experiment):
    evaluated(experiment, 100, recon={"psnr": 15.0})
    desk.open()
    expect(panel(desk, "eval").locator(".trend__word")).to_have_text("first")
    eval_send(experiment=experiment)
    evaluated(experiment, 200, recon={"psnr": 18.0})
    answer_call(Call.Kind.EVAL_RUN, answer={})
    expect(panel(desk, "eval").locator(".trend__word")).to_have_text(re.compile("better"))
    points = panel(desk, "eval").locator("polyline").get_attribute("points")
    assert points is not None
    assert len(points.split()) == 2


def test_reconstructions_are_drawn_on_request_crisp_and_large_enough(
    desk, experiment, trainer_online
):
    desk.open()
    panel(desk, "recon").get_by_role("button", name="Refresh").click()
    asked(Call.Kind.PICTURES)
    expect(panel(desk, "recon")).to_contain_text("The first images are being drawn")
    pictured(experiment, [21.0, 15.0])
    answer_call(Call.Kind.PICTURES, answer={})
    images = panel(desk, "recon").locator("img")
    expect(images).to_have_count(6)
    for image in images.all():
        assert image.evaluate("async (image) => (await image.decode(), image.naturalWidth)") > 0
        assert image.evaluate("(image) => getComputedStyle(image).imageRendering") == "pixelated"
        assert image.evaluate("(image) => image.getBoundingClientRect().width") >= 64


def test_the_worst_stay_first_when_new_images_come(desk, experiment, trainer_online):
    pictured(experiment, [21.0, 15.0], step=100)
    desk.open()
    captions = panel(desk, "recon").locator("figcaption")
    expect(captions).to_have_text(["21.0 dB", "15.0 dB"])
    panel(desk, "recon").get_by_role("button", name="Worst first").click()
    expect(captions).to_have_text(["15.0 dB", "21.0 dB"])
    panel(desk, "recon").get_by_role("button", name="Refresh").click()
    asked(Call.Kind.PICTURES)
    pictured(experiment, [30.0, 12.0], step=200)
    answer_call(Call.Kind.PICTURES, answer={})
    expect(captions).to_have_text(["12.0 dB", "30.0 dB"])
    expect(panel(desk, "recon")).to_contain_text("model step 200")


@pytest.mark.parametrize("width", [320, 390])
def test_both_panels_fit_a_phone(desk, experiment, width):
    measured(state_make(experiment, 1234567, tag="x" * 80), 0.9)
    evaluated(
        experiment,
        12345678,
        recon={"a_metric_with_quite_a_long_name_that_has_no_blanks": 21.5, "psnr": 20.1},
        errors={"digit": "evaluate raised ValueError: " + "x" * 200},
    )
    pictured(experiment, [21.0] * 8)
    desk.page.set_viewport_size({"width": width, "height": 844})
    desk.open()
    expect(panel(desk, "recon").locator("figure")).to_have_count(8)
    expect(panel(desk, "eval").get_by_label("Compare with")).to_be_visible()
    assert desk.page.evaluate("document.documentElement.scrollWidth") == width
    frame = panel(desk, "eval").locator(".eval__frame")
    assert frame.evaluate("(frame) => frame.scrollWidth - frame.clientWidth") == 0
