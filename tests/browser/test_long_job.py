"""A page that stays open while a job runs for hours: what it holds, what it draws, what it cost."""

import json
import random
import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import CDPSession

from tests.browser.conftest import Desk, desk_of
from tests.browser.wire import Wire
from tests.dashboard.rows import TASKS, Scribe, experiment_make
from tests.setup.waiting import wait_until
from trainer.models import Job
from trainer.selectors.loss_runs import loss_runs, runs_merge

pytestmark = [
    pytest.mark.browser,
    pytest.mark.long,
    pytest.mark.django_db(transaction=True),
    pytest.mark.timeout(1800),
]

STEPS_A_SECOND, FLUSHES_A_SECOND = 200, 10
CUTS = 10
# The steps are written as fast as they can be; the page may be so many of them behind.
LEAD_FLUSHES = 60
# Cuts come faster than in a life at 200 steps a second, and each lets the page wait longer.
AWAY_SECONDS = 60
# Samples of the page's memory; the first ones are from before it holds as much as it ever will.
SAMPLES, WARM_UP = 20, 5
# What a page that lets nothing go would gain in the shortest run is several times as much.
GROWTH_BYTES = 1_500_000
DRAWN = """() => {
  const chart = Chart.getChart(document.querySelector("#loss-curves canvas"));
  return Object.fromEntries(chart.data.datasets.map(({ label, data, accBand }) => [
    label.trim() || "total",
    { line: data.map(({ x, y }) => [x, y]), band: accBand?.map(({ low, high }) => [low, high]) },
  ]));
}"""


@pytest.fixture
def wire(site) -> Iterator[Wire]:
    wire = Wire(site.port)
    yield wire
    wire.close()


@pytest.fixture
def wired_desk(chromium, wire, ada) -> Iterator[Desk]:
    """Return a browser at the other end of the wire."""
    yield from desk_of(chromium, wire.url, ada)


def test_hours_of_training_leave_a_page_light_and_true_however_often_it_is_cut_off(
    wired_desk, wire, pytestconfig
):
    desk, minutes = wired_desk, pytestconfig.getoption("page_minutes")
    flushes = minutes * 60 * FLUSHES_A_SECOND
    scribe = Scribe.start(experiment_make("digits"), steps=flushes * 20)
    desk.open()
    memory = Memory(desk)
    chances = random.Random(41)
    cuts = set(chances.sample(range(1, flushes), CUTS))
    checked = {flushes // 3, 2 * flushes // 3}
    numbers = np.random.default_rng(41)
    cut_count = 0
    for flush in range(flushes):
        scribe.record(losses(numbers, scribe.step))
        if flush in cuts:
            # One that is still away from the last time cannot be cut.
            wait_until(lambda: wire.cut() == 1, "the socket is cut", seconds=AWAY_SECONDS)
            cut_count += 1
        if flush % 10 == 0:
            lead = scribe.step - LEAD_FLUSHES * 20
            wait_until(partial(has_drawn, desk, lead), "it follows", seconds=AWAY_SECONDS)
        if flush in checked:
            desk.wait_for_step(scribe.step)
            assert_true(desk.page.evaluate(DRAWN), scribe.job)
        if flush % (flushes // SAMPLES) == 0:
            memory.sample()
    desk.wait_for_step(scribe.step)
    assert_true(desk.page.evaluate(DRAWN), scribe.job)
    scribe.end()
    desk.page.wait_for_selector("#loss-curves .badge[data-state=completed]")
    fresh = desk.page.context.new_page()
    fresh.goto(desk.page.url)
    fresh.wait_for_selector(f"#loss-curves[data-step='{scribe.step}']")
    wait_until(
        lambda: desk.page.evaluate(DRAWN) == fresh.evaluate(DRAWN), "both pages show the same"
    )
    assert_true(fresh.evaluate(DRAWN), scribe.job)
    fresh.close()
    memory.sample()
    assert cut_count == CUTS
    figures = {"minutes": minutes, "steps": scribe.step, "cuts": cut_count, "heap": memory.samples}
    if pytestconfig.getoption("page_figures"):
        Path(pytestconfig.getoption("page_figures")).write_text(json.dumps(figures))
    # What the browser says of the cut connections is not the page's trouble.
    desk.trouble[:] = [line for line in desk.trouble if not re.search("ERR_|WebSocket", line)]
    memory.assert_flat()


class Memory:
    """What the page's scripts hold, after what nobody needs is collected."""

    def __init__(self, desk: Desk) -> None:
        self._session: CDPSession = desk.page.context.new_cdp_session(desk.page)
        for domain in ("HeapProfiler.enable", "Performance.enable"):
            self._session.send(domain)
        self.samples: list[int] = []

    def sample(self) -> None:
        self._session.send("HeapProfiler.collectGarbage")
        metrics = self._session.send("Performance.getMetrics")["metrics"]
        values = {metric["name"]: metric["value"] for metric in metrics}
        self.samples.append(int(values["JSHeapUsedSize"]))

    def assert_flat(self) -> None:
        early, late = self.samples[WARM_UP : 2 * WARM_UP], self.samples[-WARM_UP:]
        # The least: a message that is just being read counts as well, what is never let go in each.
        assert min(late) <= min(early) + GROWTH_BYTES, self.samples


def losses(numbers: np.random.Generator, step: int) -> np.ndarray:
    """Return the noisy losses of the next steps, now and then with a spike."""
    steps = np.arange(step + 1, step + 1 + STEPS_A_SECOND // FLUSHES_A_SECOND)
    fall_S1 = (1 / np.sqrt(1 + steps / 1000))[:, None]
    losses_ST = fall_S1 * numbers.gamma(4.0, 0.25, (len(steps), len(TASKS)))
    losses_ST[numbers.random(losses_ST.shape) < 0.0002] = 50.0
    return losses_ST


def has_drawn(desk: Desk, step: int) -> bool:
    """Return whether a step is drawn."""
    return int(desk.page.locator("#loss-curves").get_attribute("data-step") or 0) >= step


def assert_true(drawn: dict[str, Any], job: Job) -> None:
    """Assert that every bucket holds its steps' own extremes and mean, and that none is missing.

    A bucket is drawn over the middle of its steps: with the last step of the one before it, this
    says which steps they are.
    """
    stored = runs_merge(list(loss_runs(job)))
    assert set(drawn) == {"total", *(name for name, *_ in TASKS)}
    for name, curve in drawn.items():
        values_S = stored.values_ST[:, [*stored.task_names, "total"].index(name)]
        done = 0
        bands = curve["band"] or [[y, y] for _, y in curve["line"]]
        for (middle, mean), (low, high) in zip(curve["line"], bands, strict=True):
            last = round(2 * middle - (done + 1))
            exact = values_S[done:last]
            assert low == exact.min(), (name, done + 1, last)
            assert high == exact.max(), (name, done + 1, last)
            assert mean == pytest.approx(float(exact.mean(dtype=np.float64)), rel=1e-5)
            done = last
        assert done == len(values_S)
