"""What the benchmarks print comes out of a run, however small."""

import pytest

from benchmarks.comparison import largest_relative_difference, rounds_run
from benchmarks.report import storage_table
from benchmarks.sides import Run, storage_figures


def test_losses_are_stored_and_read_both_ways():
    figures = storage_figures(points=2000, rows=1000)
    assert figures["packed"]["points"] == 2000
    assert figures["rows"]["points"] == 1000
    assert all(number > 0 for side in figures.values() for number in side.values())
    assert "bytes a point on disk" in storage_table(figures)


def test_sides_take_turns_and_are_compared_round_by_round():
    order = []

    def side(name, seconds):
        def run():
            order.append(name)
            return Run(steps=100, seconds=seconds.pop(0))

        return run

    sides = {"ours": side("ours", [1.0, 4.0, 2.0]), "theirs": side("theirs", [1.0, 2.0, 3.0])}
    rounds = rounds_run(sides, count=3, say=order.append)

    assert [name for name in order if name in sides] == [
        "ours", "theirs", "theirs", "ours", "ours", "theirs"
    ]  # fmt: skip
    assert rounds.ratio("ours", "theirs").median == 1.0
    assert rounds.ratio("ours", "theirs").lowest == 0.5
    assert rounds.ratio("ours", "theirs").highest == 1.5
    assert rounds.pace("ours").median == 50.0


def test_the_largest_difference_is_a_share():
    assert largest_relative_difference([1.0, 2.2], [1.0, 2.0]) == pytest.approx(0.1)
