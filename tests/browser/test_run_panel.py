"""The buttons that start and steer a job, under a quick hand."""

import pytest
from playwright.sync_api import Route, expect

from tests.dashboard.rows import experiment_make
from trainer.models import Job

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

# Whether the button can be pressed right after the answer to the first press is there.
HEAR_START = """() => {
  window.isFree = new Promise((tell) => {
    document.body.addEventListener("htmx:afterSettle", ({ detail }) => {
      const look = () => tell(!document.getElementById("start-button").disabled);
      if (detail.target.id === "train-panel") setTimeout(look);
    });
  });
}"""


@pytest.fixture
def experiment(transactional_db):
    return experiment_make("digits")


def test_a_job_that_was_just_started_cannot_be_started_twice(desk, experiment):
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    desk.page.route("**/partials/run/**", hold)
    desk.open()
    desk.page.evaluate(HEAR_START)
    desk.page.get_by_role("button", name="Start training").click()
    assert desk.page.evaluate("() => window.isFree") is False
    desk.hear_until(lambda: held, "the panel of the job is asked for")
    for route in held:
        route.continue_()
    desk.page.unroute("**/partials/run/**")
    expect(desk.page.get_by_role("button", name="Stop")).to_be_visible()
    expect(desk.page.get_by_role("button", name="Start training")).to_be_disabled()
    assert Job.objects.count() == 1
