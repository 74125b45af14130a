"""Figures as templates write them; tests/js holds the page's own to the same."""

import datetime
import json
from pathlib import Path

import pytest

from dashboard.templatetags import figures

LOSSES = json.loads((Path(__file__).parents[1] / "js" / "losses.json").read_text())


@pytest.mark.parametrize(("value", "text"), LOSSES)
def test_a_loss_keeps_four_digits(value, text):
    assert figures.loss(float(value)) == text


def test_no_loss_is_a_dash():
    assert figures.loss(None) == "\N{EN DASH}"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0 s"),
        (8.2, "8 s"),
        (200, "3 min 20 s"),
        (7500, "2 h 5 min"),
        (7200, "2 h"),
        (86400, "1 d"),
        (90061, "1 d 1 h"),
        (None, "\N{EN DASH}"),
    ],
)
def test_a_duration_has_its_two_largest_units(seconds, text):
    assert figures.duration(seconds) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (-5, "just now"),
        (59, "just now"),
        (60, "1 min ago"),
        (3599, "59 min ago"),
        (7300, "2 h ago"),
        (86400 * 29.5, "29 d ago"),
    ],
)
def test_the_past_is_told_in_its_largest_unit(seconds, text, still_clock):
    assert figures.ago(still_clock - datetime.timedelta(seconds=seconds)) == text


def test_what_was_long_ago_is_told_by_its_date():
    assert figures.ago(datetime.datetime(2020, 1, 2, 3, tzinfo=datetime.UTC)) == "2020-01-02"


def test_counts_and_rates_are_short():
    assert figures.count(1234567) == "1,234,567"
    assert figures.rate(3.42) == "3.4"
    assert figures.rate(1280.4) == "1,280"
    assert figures.rate(None) == "\N{EN DASH}"
    assert figures.weight(0.002) == "0.002"
    assert figures.weight(1.0) == "1"


def test_the_ninth_task_repeats_the_first_colour_with_dashes():
    assert (figures.palette_colour(8), figures.palette_dashed(8)) == (0, True)
    assert (figures.palette_colour(7), figures.palette_dashed(7)) == (7, False)
