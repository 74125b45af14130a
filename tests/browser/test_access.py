"""What a viewer meets on the pages, and a token from its making to its end."""

import pytest
from django.contrib.auth.models import Group, User
from playwright.sync_api import expect

from tests.browser.conftest import desk_of
from tests.dashboard.rows import experiment_make
from trainer.services.tokens import bearer_of

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def experiment(transactional_db):
    return experiment_make("digits")


@pytest.fixture
def viewer_desk(chromium, site, transactional_db):
    viewer = User.objects.create_user("vera")
    viewer.groups.add(Group.objects.get(name="viewer"))
    yield from desk_of(chromium, site.url, viewer)


@pytest.mark.parametrize(
    "path", ["/", "/data/", "/checkpoints/", "/experiments/", "/recipes/", "/latent/"]
)
def test_a_viewer_sees_no_control_that_would_be_refused(viewer_desk, experiment, path):
    viewer_desk.open(path)
    shown = viewer_desk.page.locator("[hx-post]:not([data-everybody])")
    expect(shown.locator("visible=true")).to_have_count(0)
    expect(viewer_desk.page.locator(".bar")).to_contain_text("viewer")


def test_a_viewer_who_tries_all_the_same_is_told_why_on_the_page(viewer_desk, experiment):
    viewer_desk.open("/")
    viewer_desk.page.evaluate(
        """() => htmx.ajax("POST", document.querySelector("#train-panel form")
          .getAttribute("hx-post"), {target: "#train-panel"})"""
    )
    expect(viewer_desk.page.locator("#refused")).to_contain_text("You may look and change nothing")
    expect(viewer_desk.page.get_by_text("latest loss")).not_to_have_count(0)
    viewer_desk.forgive("403")
    assert not experiment.jobs.exists()


def test_a_token_is_made_shown_once_and_revoked(desk, experiment):
    desk.page.context.grant_permissions(["clipboard-write"], origin=desk.url)
    desk.open("/access/")
    desk.page.get_by_label("Name", exact=True).fill("notebook")
    desk.page.get_by_role("button", name="Make token").click()
    secret = desk.page.get_by_label("The new token").input_value()
    assert bearer_of(secret) is not None
    desk.page.get_by_role("button", name="Copy").click()
    expect(desk.page.locator("[data-copy-words]")).to_have_text("Copied")
    desk.open("/access/")
    expect(desk.page.get_by_label("The new token")).to_have_count(0)
    desk.page.get_by_role("button", name="Revoke notebook").click()
    expect(desk.page.get_by_text("Revoked or expired: 1")).to_be_visible()
    assert bearer_of(secret) is None
