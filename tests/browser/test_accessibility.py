"""Every page as axe-core sees it, in both themes: nothing serious that keeps people out."""

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from tests.browser.conftest import PATIENT_MS, Desk
from tests.dashboard.rows import Scribe, experiment_make
from tests.dashboard.states import measured, state_make
from tests.dashboard.task_offers import task_classes_store
from tests.setup.trainer import trainer_stays
from tests.trainer.rows import dataset_make, offer_make
from trainer.models import Job, RegisteredClass
from trainer.services.registry import registry_store

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.parametrize("theme", ["light", "dark"]),
]


@pytest.fixture
def scribe(transactional_db) -> Scribe:
    """Return a job with losses of every health, interventions and a refusal."""
    experiment = experiment_make("digits")
    task_classes_store(experiment)
    trainer_stays()
    scribe = Scribe.start(experiment)
    scribe.write(20)
    scribe.happen("set_weight", task="kl", old=0.002, new=0.5)
    scribe.happen("refused", command="set_lr", reason="too late")
    scribe.write(20)
    scribe.job.loss_series.filter(task_name="kl").update(health="warning")
    scribe.job.loss_series.filter(task_name="digit").update(health="critical")
    return scribe


def faults(page: Page) -> list[tuple[str, Any]]:
    """Return what is serious or critical, with the elements that have it."""
    found = Axe().run(page).response["violations"]
    return [
        (fault["id"], [node["target"] for node in fault["nodes"]])
        for fault in found
        if fault["impact"] in {"serious", "critical"}
    ]


def opened(desk: Desk, path: str, theme: Any) -> Page:
    desk.page.emulate_media(color_scheme=theme, reduced_motion="reduce")
    desk.open(path)
    return desk.page


def test_the_workbench_with_all_that_can_be_opened(desk, scribe, theme):
    page = opened(desk, "/", theme)
    desk.wait_for_step(40)
    page.get_by_role("button", name="Remove recon").click()
    page.wait_for_selector("#task-undos li")
    page.get_by_role("button", name="Add task").click()
    page.wait_for_selector("#task-add-panel")
    page.locator("[data-event-step]").first.click()
    assert faults(page) == []
    page.get_by_role("button", name="Details of kl").click()
    page.wait_for_selector("#task-detail[open]")
    assert faults(page) == []


def test_a_workbench_whose_job_failed_and_whose_form_was_refused(desk, scribe, theme):
    scribe.end(Job.State.FAILED, error="ValueError: shape", traceback="Traceback\n  line 1")
    page = opened(desk, "/", theme)
    page.get_by_label("Weight of kl", exact=True).fill("x")
    page.get_by_label("Weight of kl", exact=True).press("Enter")
    page.wait_for_selector("[aria-invalid=true]")
    assert faults(page) == []
    desk.forgive_refusals()


def test_the_pages_of_the_classes(desk, scribe, theme):
    broken = {"file": "/mine/a.py", "line": 7, "error": "SyntaxError", "traceback": "x"}
    offers = [offer_make("MyTask"), offer_make("OtherTask")]
    registry_store(registry="tasks", offers=offers, errors=[broken | {"last_good": False}])
    assert faults(opened(desk, "/registry/", theme)) == []
    one, other = RegisteredClass.objects.filter(registry="tasks")
    assert faults(opened(desk, f"/registry/source/{one.source_id}/", theme)) == []
    path = f"/registry/diff/{one.source_id}/{other.source_id}/"
    assert faults(opened(desk, path, theme)) == []


def test_the_page_of_a_job(desk, scribe, theme):
    assert faults(opened(desk, f"/job/{scribe.job.pk}/", theme)) == []


def test_the_pages_of_the_experiments(desk, scribe, theme):
    experiment_make("other", is_active=False)
    page = opened(desk, "/experiments/", theme)
    page.get_by_role("button", name="Archive digits").click()
    page.wait_for_selector("[role=alert]:visible")
    assert faults(page) == []
    page = opened(desk, "/experiments/new/", theme)
    page.get_by_role("button", name="Make experiment").click()
    page.wait_for_selector("[aria-invalid=true]")
    page.locator("#device-details summary").click()
    assert faults(page) == []
    desk.forgive_refusals()


def test_the_pages_that_stand_alone(desk, site, chromium, transactional_db, theme):
    desk.page.emulate_media(color_scheme=theme)
    desk.page.goto(f"{site.url}/nothing/here/")
    assert faults(desk.page) == []
    desk.open("/")
    assert faults(desk.page) == []
    context = chromium.new_context(color_scheme=theme)
    context.set_default_timeout(PATIENT_MS)
    for path in ("/sign-in/", "/sign-in/link/used-up/"):
        stranger = context.new_page()
        stranger.goto(site.url + path)
        assert faults(stranger) == []
    context.close()
    desk.forgive("404")


def test_the_pages_of_the_data_and_of_the_states(desk, scribe, theme):
    seen = {"kind": "classes", "train": [40, 45], "eval": [9, 6], "more": 0}
    dataset_make(
        "pets", duplicate_count=3, survey={"distribution": seen, "groups": []}, num_classes=2
    )
    assert faults(opened(desk, "/data/", theme)) == []
    scribe.end(Job.State.COMPLETED)
    root = state_make(scribe.job.experiment, 100, tag="ill")
    end = state_make(scribe.job.experiment, 200, root)
    measured(end, 0.95)
    page = opened(desk, "/checkpoints/", theme)
    assert faults(page) == []
    page = opened(desk, f"/checkpoints/compare/?one={root.pk}&other={end.pk}", theme)
    assert faults(page) == []
