"""Every page works under its own content security policy, and the policy works."""

import pytest

from tests.dashboard.rows import Scribe, experiment_make

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

LIVE = (
    "/",
    "/access/",
    "/checkpoints/",
    "/data/",
    "/experiments/",
    "/experiments/new/",
    "/recipes/",
    "/registry/",
    "/job/{job}/",
)
OTHERS = (
    "/docs",
    "/admin/",
    "/admin/trainer/job/",
    "/admin/trainer/job/{job}/change/",
    "/admin/auth/user/",
    "/admin/auth/user/add/",
    "/admin/auth/group/add/",
)


@pytest.fixture
def job(transactional_db):
    scribe = Scribe.start(experiment_make("digits"))
    scribe.write(20)
    return scribe.job


def test_every_page_keeps_to_its_policy(desk, job):
    """A violation is an error in the console, and the desk lets none pass."""
    for path in LIVE:
        desk.open(path.format(job=job.pk))
        # What htmx says of a tree of checkpoints in which there is none to choose.
        desk.trouble[:] = [line for line in desk.trouble if "#chosen-state" not in line]
    for path in OTHERS:
        desk.page.goto(desk.url + path.format(job=job.pk), wait_until="networkidle")
        assert desk.trouble == [], path


@pytest.mark.parametrize("path", ["/", "/admin/"])
def test_a_planted_script_does_not_run(desk, job, path):
    desk.page.goto(desk.url + path)
    desk.page.evaluate(
        """async () => {
          const planted = document.createElement("script");
          planted.textContent = "document.title = 'planted'";
          document.body.append(planted);
          document.body.insertAdjacentHTML("beforeend", "<img src=x onerror='document.title=1'>");
          const image = document.body.lastElementChild;
          await new Promise((heard) => image.addEventListener("error", heard));
        }"""
    )
    assert desk.page.title() not in {"planted", "1"}
    desk.forgive("Content Security Policy")
    desk.forgive("404")  # of the image
