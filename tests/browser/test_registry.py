"""Classes, broken files and versions as somebody at the screen sees them come and go."""

import re

import pytest
from playwright.sync_api import expect

from tests.dashboard.rows import Scribe, experiment_make
from tests.trainer.rows import classes_make, offer_make
from trainer.models import RegisteredClass
from trainer.services.registry import registry_store

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

FILE = "acc/tasks/mine.py"
BETA = {"name": "beta", "type": "float", "default": 0.5, "required": False, "description": "How."}
EVIL = "<img id=planted src=x>"


def store(*names, broken=(), **facts):
    """Make these classes be on offer and these files be broken."""
    offers = [offer_make(name, parameters=[BETA], **facts) for name in names]
    errors = [
        {
            "file": file,
            "line": 7,
            "error": f"SyntaxError: invalid syntax {EVIL}",
            "traceback": f"line 7\n    def {EVIL}\n        ^",
            "last_good": any(offer["file"] == file for offer in offers),
        }
        for file in broken
    ]
    registry_store(registry="tasks", offers=offers, errors=errors)


@pytest.fixture
def experiment(transactional_db):
    return experiment_make("digits")


def test_a_file_that_breaks_shows_in_the_header_while_one_types(desk, experiment):
    desk.open()
    steps = desk.page.get_by_label("Steps", exact=True)
    steps.fill("31")
    steps.press("End")
    badge = desk.page.locator("#registry-badge")
    expect(badge).to_have_text("")
    store("MyTask", broken=["/mine/a.py"])
    expect(badge).to_have_text("1 broken file")
    steps.press("4")
    store("MyTask", broken=["/mine/a.py", "/mine/b.py"])
    expect(badge).to_have_text("2 broken files")
    expect(steps).to_have_value("314")
    expect(steps).to_be_focused()
    badge.get_by_role("link").click()
    expect(desk.page.locator("#errors")).to_be_in_viewport()
    expect(desk.page).to_have_url(re.compile("/registry/#errors$"))
    store("MyTask")
    expect(badge).to_have_text("")
    expect(desk.page.locator("#errors")).to_contain_text("Every file loads.")


def test_the_page_of_classes_follows_without_any_experiment(desk):
    desk.open("/registry/")
    expect(desk.page.locator("#registry-tasks")).to_contain_text("No task is on offer.")
    store("MyTask", file=FILE)
    row = desk.page.locator("#class-tasks-MyTask")
    expect(row).to_contain_text(FILE)
    store("MyTask", file=FILE, broken=[FILE])
    expect(row).to_contain_text("last good")
    errors = desk.page.locator("#errors")
    expect(errors).to_contain_text(f"{FILE}, line 7")
    traceback = errors.locator("pre")
    expect(traceback).to_be_hidden()
    errors.get_by_text("Traceback").click()
    expect(traceback).to_have_text(f"line 7\n    def {EVIL}\n        ^")
    assert desk.page.locator("#planted").count() == 0
    store()
    expect(row).to_have_count(0)


def test_an_empty_workbench_hears_of_broken_files_too(desk):
    desk.open()
    store(broken=["/mine/a.py"])
    expect(desk.page.locator("#registry-badge")).to_have_text("1 broken file")


def test_what_is_unfolded_focused_and_typed_survives_every_change(desk):
    store("MiddleTask", "PlainTask", broken=["/mine/a.py"])
    desk.open("/registry/")
    middle = desk.page.locator("#class-tasks-MiddleTask")
    middle.locator("summary").click()
    desk.page.locator("#errors summary").click()
    desk.page.get_by_label("Filter").fill("task")
    middle.locator("summary").focus()
    middle.evaluate("row => { row.mark = true; }")
    store("AddedTask", "MiddleTask", "ZuluTask", "Other", broken=["/aaa.py", "/mine/a.py"])
    expect(desk.page.locator("#class-tasks-AddedTask")).to_be_visible()
    expect(desk.page.locator("#class-tasks-PlainTask")).to_have_count(0)
    expect(desk.page.locator("#errors li")).to_have_count(2)
    assert middle.evaluate("row => row.mark")
    expect(middle.get_by_role("table")).to_be_visible()
    expect(middle.locator("summary")).to_be_focused()
    unfolded = desk.page.locator("#errors details[open]")
    expect(unfolded).to_have_count(1)
    expect(desk.page.locator("#errors li").nth(1).locator("details[open]")).to_have_count(1)
    expect(desk.page.get_by_label("Filter")).to_have_value("task")
    names = desk.page.locator("#registry-tasks h3")
    expect(names).to_have_text(["AddedTask", "MiddleTask", "Other", "ZuluTask"])


def test_the_filter_shows_what_is_looked_for_and_holds_for_what_comes_later(desk):
    classes_make()
    desk.open("/registry/")
    desk.page.get_by_label("Filter").press_sequentially("recon TASK")
    expect(desk.page.locator("#class-tasks-ReconstructionTask")).to_be_visible()
    expect(desk.page.locator("#class-tasks-RegressionTask")).to_be_hidden()
    models = desk.page.locator("#registry-models")
    expect(models).to_contain_text("No model matches the filter.")
    expect(models.locator(".panel__head .panel__note")).to_have_text(
        re.compile(r"^0 of \d+ on offer$")
    )
    store("ReconciliationTask", "RegressionTask")
    expect(desk.page.locator("#class-tasks-ReconciliationTask")).to_be_visible()
    expect(desk.page.locator("#class-tasks-RegressionTask")).to_be_hidden()


def test_from_a_class_to_its_text_and_to_what_changed(desk):
    for number in (1, 2):
        store("MyTask", file=FILE, source=f"beta = {number}\n{EVIL}\n")
    sha256 = RegisteredClass.objects.get().source_id
    desk.open("/registry/")
    desk.page.get_by_role("link", name=sha256[:8]).click()
    text = desk.page.locator(".source__text")
    expect(text).to_have_text(["beta = 2", EVIL])
    desk.page.locator("#L2 a").click()
    expect(desk.page).to_have_url(re.compile(f"/registry/source/{sha256}/#L2$"))
    desk.page.get_by_role("link", name="compare").click()
    expect(desk.page.locator(".diff__line--removed .diff__text")).to_have_text("beta = 1")
    expect(desk.page.locator(".diff__line--added .diff__text")).to_have_text("beta = 2")
    desk.page.get_by_role("link", name="Swap sides").click()
    expect(desk.page.locator(".diff__line--added .diff__text")).to_have_text("beta = 1")
    assert desk.page.locator("#planted").count() == 0


def test_a_jobs_page_follows_the_job_and_the_classes_on_offer(desk, experiment):
    scribe = Scribe.start(experiment)
    scribe.write(10)
    desk.open()
    desk.wait_for_step(10)
    desk.page.get_by_role("link", name=f"Details of job {scribe.job.pk}").click()
    step = desk.page.locator("[data-live=step]")
    expect(step).to_have_text("10")
    scribe.write(20)
    expect(step).to_have_text("30")
    row = desk.page.locator("[id^=source-tasks-KLDivergenceTask-]")
    expect(row).not_to_contain_text("newer version on offer")
    store("KLDivergenceTask", source="beta = 9\n")
    expect(row).to_contain_text("newer version on offer")
    expect(desk.page.locator("[id^=source-tasks-ReconstructionTask-]")).to_contain_text("no longer")
    scribe.happen("set_weight", task="kl", old=0.1, new=0.2)
    expect(desk.page.locator(".events")).to_contain_text("weight of kl 0.1 → 0.2")
    scribe.end()
    expect(desk.page.locator("h1 .badge")).to_have_text("completed")
    desk.page.get_by_role("link", name="Show its curves").click()
    desk.wait_for_step(30)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 390, 1280])
def test_the_pages_fit_the_screen(desk, experiment, width, theme):
    job = Scribe.start(experiment).job
    long_file = "/home/ada/" + "a-directory-with-a-long-name/" * 4 + "task.py"
    for number in (1, 2):
        store("MyTask", file=long_file, source=f"b = {number} {'+ 1' * 90}", broken=[long_file])
    sha256 = RegisteredClass.objects.get(registry="tasks").source_id
    old = job.plan["sources"][0]["sha256"]
    desk.page.set_viewport_size({"width": width, "height": 844})
    desk.page.emulate_media(color_scheme=theme)
    paths = ["/registry/", f"/registry/source/{sha256}/", f"/registry/diff/{old}/{sha256}/"]
    for path in [*paths, f"/job/{job.pk}/"]:
        desk.open(path)
        assert desk.page.evaluate("document.documentElement.scrollWidth") <= width, path
        assert desk.page.locator("h1").count() == 1
        small = desk.page.evaluate(
            """() => [...document.querySelectorAll(".button, input, summary, .bar a")]
              .filter((element) => element.checkVisibility())
              .filter((element) => element.getBoundingClientRect().height < 40)
              .map((element) => element.outerHTML)"""
        )
        assert small == [], path
