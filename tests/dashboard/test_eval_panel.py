"""The panel of evaluations: how good, in which direction, since when, and what went wrong."""

import math
import re

import pytest

from dashboard.eval_panel import trend_of, verdict_of
from dashboard.sparkline import sparkline
from tests.dashboard.measured import answer_call, evaluated
from tests.dashboard.reading import words
from tests.dashboard.rows import Scribe
from trainer.models import Call, EvalRun, TaskCard

PANEL, RUN = "/partials/eval/", "/partials/eval/run/"


@pytest.mark.parametrize(
    ("value", "good", "poor", "expected"),
    [
        (0.91, 0.9, 0.5, "good"),
        (0.9, 0.9, 0.5, "moderate"),
        (0.5, 0.9, 0.5, "moderate"),
        (0.49, 0.9, 0.5, "poor"),
        (0.09, 0.1, 0.5, "good"),
        (0.1, 0.1, 0.5, "moderate"),
        (0.51, 0.1, 0.5, "poor"),
        (None, 0.1, 0.5, "poor"),
        (0.7, None, None, ""),
    ],
)
def test_a_value_is_judged_by_its_bounds_whichever_direction_is_better(value, good, poor, expected):
    assert verdict_of(value, good, poor) == expected


@pytest.mark.parametrize(
    ("values", "better", "word", "verdict"),
    [
        ([0.5, 0.8], "higher", "better", "good"),
        ([0.5, 0.8], "lower", "worse", "poor"),
        ([0.8, 0.5], "lower", "better", "good"),
        ([0.8, 0.5], "", "down", ""),
        ([0.8, 0.801], "higher", "steady", ""),
        ([0.0, 0.0], "higher", "steady", ""),
    ],
)
def test_a_trend_says_better_or_worse_and_not_only_up_or_down(values, better, word, verdict):
    trend = trend_of(values, better)
    assert (trend.word, trend.verdict) == (word, verdict)


def test_a_first_value_and_one_after_a_gap_have_no_trend():
    assert trend_of([0.5], "higher") is None
    assert trend_of([None, 0.5], "higher") is None


def test_a_sparkline_goes_from_the_lowest_to_the_highest_value():
    line = sparkline([1.0, 3.0, None, 2.0])
    places = [tuple(float(part) for part in place.split(",")) for place in line.points.split()]
    assert [x for x, _ in places] == sorted(x for x, _ in places)
    assert len(places) == 3
    assert places[1][1] < places[2][1] < places[0][1]
    assert line.end == places[-1]
    assert sparkline([]).end is None
    assert sparkline([2.0]).end == sparkline([2.0, 2.0]).end


def test_without_an_evaluation_the_panel_says_how_to_get_one(htmx, experiment):
    shown = words(htmx.get(PANEL))
    assert "Not evaluated yet. Press Run eval" in shown
    TaskCard.objects.update(enabled=False)
    response = htmx.get(PANEL)
    assert "attach a task, or enable one" in words(response)
    assert re.search(r"<button[^>]*disabled", response.content.decode())


def test_the_newest_values_stand_with_verdict_direction_unit_and_trend(htmx, experiment):
    evaluated(experiment, 100, recon={"psnr": 15.0, "l1": 0.2}, digit={"accuracy": 0.8})
    evaluated(experiment, 200, recon={"psnr": 21.5, "l1": 0.2}, digit={"accuracy": 0.4})
    shown = words(htmx.get(PANEL))
    assert "model step 200" in shown
    assert re.search(r"recon psnr higher is better 21\.50 dB good 15\.00, 21\.50", shown)
    assert re.search(r"l1 lower is better 0\.2000 poor .* → steady", shown)
    assert re.search(r"digit accuracy higher is better 0\.4000 poor .*↘ worse", shown)


def test_the_steps_of_a_model_and_of_its_job_have_two_names(htmx, experiment):
    job = Scribe.start(experiment).job
    EvalRun.objects.create(experiment=experiment, job=job, step=4350, job_step=1350)
    evaluated(experiment, 5000, recon={"psnr": 15.0})
    assert f"model step 4,350, job {job.pk}" in words(htmx.get(PANEL))  # to compare with
    EvalRun.objects.create(experiment=experiment, job=job, step=6000, job_step=3000)
    assert f"model step 6,000 · job {job.pk} , step 3,000" in words(htmx.get(PANEL))


def test_only_the_last_five_values_are_told(htmx, experiment):
    for number in range(7):
        evaluated(experiment, number, recon={"psnr": 10.0 + number})
    assert "12.00, 13.00, 14.00, 15.00, 16.00" in words(htmx.get(PANEL))
    assert "11.00" not in words(htmx.get(PANEL))


def test_what_is_not_finite_and_what_nobody_judged_are_told_in_words(htmx, experiment):
    evaluated(experiment, recon={"psnr": math.nan}, digit={"sharpness": 3.0})
    response = htmx.get(PANEL)
    assert "nan dB poor" in words(response)
    assert re.search(r"sharpness 3\.000 (3\.000 )+3\.000: first", words(response))


def test_a_task_that_failed_says_why_and_its_words_are_no_markup(htmx, experiment):
    evaluated(
        experiment,
        errors={"digit": "evaluate raised ValueError: <script>alert(1)</script>"},
        recon={"<b>bold</b>": 1.0},
    )
    response = htmx.get(PANEL)
    assert b"evaluate raised ValueError: &lt;script&gt;" in response.content
    assert b"<script>" not in response.content
    assert b"<b>bold" not in response.content


def test_a_click_asks_for_one_evaluation_and_the_button_says_that_it_is_under_way(
    htmx, experiment, trainer_online
):
    for _ in range(2):
        response = htmx.post(RUN)
        assert response.status_code == 200
    assert Call.objects.filter(kind=Call.Kind.EVAL_RUN).count() == 1
    assert "Evaluating…" in words(response)
    assert 'aria-busy="true"' in response.content.decode()
    assert Call.objects.get(kind=Call.Kind.EVAL_RUN).by == "ada"


def test_without_a_trainer_the_click_is_refused_in_words_and_nothing_is_asked(htmx, experiment):
    evaluated(experiment, 100, recon={"psnr": 15.0})
    response = htmx.post(RUN)
    assert response.status_code == 422
    assert "the trainer is offline; start it with" in words(response)
    assert "15.00 dB" in words(response)
    assert not Call.objects.exists()


def test_an_evaluation_that_failed_says_why_until_one_succeeds(htmx, experiment, trainer_online):
    htmx.post(RUN)
    answer_call(Call.Kind.EVAL_RUN, error="the files of checkpoint 3 are gone")
    assert "the files of checkpoint 3 are gone" in words(htmx.get(PANEL))
    evaluated(experiment, recon={"psnr": 15.0})
    assert "are gone" not in words(htmx.get(PANEL))


def test_only_who_is_signed_in_may_look_or_ask(client, experiment):
    assert client.get(PANEL).status_code == 302
    assert client.post(RUN).status_code == 302
    assert not Call.objects.exists()


def test_the_panel_costs_the_same_statements_for_one_evaluation_as_for_thirty(
    htmx, experiment, django_assert_max_num_queries
):
    for _ in range(30):
        evaluated(experiment, digit={"accuracy": 0.5})
    with django_assert_max_num_queries(16):
        assert words(htmx.get(PANEL)).count("step ") >= 29
