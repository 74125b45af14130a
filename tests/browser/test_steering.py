"""The whole life of tasks, from the page of a running ACC, while somebody else watches."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import PATIENT_MS
from tests.faults.system import ROOT, System
from tests.setup.waiting import wait_until

pytestmark = [pytest.mark.browser, pytest.mark.faults]

# What the other browser is to show within a second, with what a loaded machine needs besides.

OWN_TASK = '''"""A task of one's own."""

from acc.tasks.base import Task


class BrightnessTask(Task):
    """How bright the reconstruction is, against nothing."""

    def check_compatible(self, autoencoder, dataset):
        """Fit everything."""

    def _build_head(self, latent_dim):
        return None

    def compute_loss(self, model_output, batch):
        """Return the mean square of the latent."""
        return self._get_latent(model_output).square().mean()

    def evaluate(self, autoencoder, device):
        """Measure nothing."""
        return {}
'''


@pytest.fixture(scope="module")
def own_tasks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("own_tasks")


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory, own_tasks: Path) -> Iterator[System]:
    made = System(tmp_path_factory.mktemp("steering") / "home", ACC_TASK_DIRS=str(own_tasks))
    made.home.mkdir()
    try:
        made.start()
        model = {"class_name": "ConvVAE", "config": {"latent_dim": 8}, "experiment": "life"}
        made.post("/model/create", model)
        made.post("/datasets/load_builtin", {"name": "digits", "image_size": 32})
        slanted = {"count": 200, "name": "slanted"}
        made.post("/generators/generate", {"generator_name": "SlantGenerator", "params": slanted})
        yield made
    finally:
        made.close()  # also where the start took too long


@pytest.fixture
def trouble() -> Iterator[list[str]]:
    """Return what the pages complain of; the test fails if it is anything."""
    heard: list[str] = []
    yield heard
    assert not heard, heard


@pytest.fixture
def operator(chromium: Browser, system: System, trouble: list[str]) -> Iterator[Page]:
    yield from page_of(chromium, system, trouble)


@pytest.fixture
def watcher(chromium: Browser, system: System, trouble: list[str]) -> Iterator[Page]:
    yield from page_of(chromium, system, trouble)


def page_of(chromium: Browser, system: System, trouble: list[str]) -> Iterator[Page]:
    command = [sys.executable, "manage.py", "signinlink"]
    environment = {**os.environ, "ACC_HOME": str(system.home), "ACC_PORT": str(system.port)}
    printed = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )
    context = chromium.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    page.set_default_timeout(PATIENT_MS)
    page.on("pageerror", lambda error: trouble.append(str(error)))
    page.on("console", lambda said: trouble.append(said.text) if said.type == "error" else None)
    page.on("response", lambda got: trouble.append(got.url) if got.status >= 500 else None)
    page.goto(next(word for word in printed.stdout.split() if word.startswith("http")))
    page.wait_for_selector("#connection[data-state=live]")
    yield page
    context.close()


def class_choose(page: Page, class_name: str) -> None:
    classes = page.get_by_label("Class", exact=True)
    expect(classes).to_be_focused()
    classes.select_option(class_name)
    page.wait_for_selector(f"#task-add-class[data-class='{class_name}']")


def add(page: Page, class_name: str, **fields: str) -> None:
    """Fill in the form and send it."""
    page.locator("#task-add-button").click()
    class_choose(page, class_name)
    for label, text in fields.items():
        field = page.locator("#task-add-panel").get_by_label(label.replace("_", " "), exact=True)
        if field.evaluate("element => element.tagName") == "SELECT":
            field.select_option(text)
        else:
            field.fill(text)
    page.locator("#task-add-submit").click()
    expect(page.locator("#task-add-panel")).to_have_count(0)


def card(page: Page, name: str):
    return page.locator(f"li.task[data-task='{name}']")


def weight(page: Page, name: str):
    return page.get_by_label(f"Weight of {name}", exact=True)


def applied(pages: tuple[Page, ...], name: str, what: str) -> None:
    for page in pages:
        expect(card(page, name)).to_contain_text(f"{what} at step")


def start(operator: Page, watcher: Page, system: System) -> int:
    """Train for as long as the test likes; return the job's id."""
    operator.get_by_label("Steps", exact=True).fill("1000000")
    operator.get_by_label("Batch size").fill("16")
    operator.get_by_role("button", name="Start training").click()
    for page in (operator, watcher):
        pause = page.get_by_role("button", name="Pause", exact=True)
        expect(pause).to_be_visible()
    job = int(system.get("/jobs/current")["id"])
    system.wait_for_step(job, 5)
    return job


def change_and_undo(operator: Page, watcher: Page) -> None:
    """Use what a card offers, one after the other."""
    both = (operator, watcher)
    weight(operator, "kl").fill("0.25")
    weight(operator, "kl").press("Enter")
    applied(both, "kl", "weight 0.25")
    expect(weight(watcher, "kl")).to_have_value("0.25")
    operator.get_by_role("slider", name="Weight of recon").press("ArrowRight")
    applied(both, "recon", "weight 1.12")

    operator.get_by_role("switch", name="Enabled: digit").click()
    applied(both, "digit", "disabled")
    switch = watcher.get_by_role("switch", name="Enabled: digit")
    expect(switch).to_have_attribute("aria-checked", "false")

    operator.get_by_role("button", name="Remove slant").click()
    expect(card(watcher, "slant")).to_have_count(0)
    watcher.get_by_role("button", name="Undo the removal of slant").click()
    applied(both, "slant", "brought back")

    operator.get_by_role("button", name="Duplicate kl").click()
    for page in both:
        expect(card(page, "kl-2")).to_contain_text("joined at step")
        expect(weight(page, "kl-2")).to_have_value("0.25")
    expect(operator.locator("#task-add-status")).to_have_text("Added kl-2.")


def pause_resume_and_stop(operator: Page, watcher: Page) -> None:
    operator.get_by_role("button", name="Pause", exact=True).click()
    resume = watcher.get_by_role("button", name="Resume", exact=True)
    expect(resume).to_be_visible()
    resume.click()
    pause = operator.get_by_role("button", name="Pause", exact=True)
    expect(pause).to_be_visible()
    operator.get_by_role("button", name="Stop", exact=True).click()
    for page in (operator, watcher):
        expect(page.locator("#loss-curves .badge")).to_have_text("stopped")


def test_tasks_are_added_steered_and_removed_before_everybodys_eyes(
    operator: Page, watcher: Page, system: System, own_tasks: Path
) -> None:
    add(operator, "ReconstructionTask", Name="recon", Dataset="digits")
    add(operator, "KLDivergenceTask", Name="kl", Dataset="digits", Weight="0.001")
    add(operator, "ClassificationTask", Name="digit", Dataset="digits", Latent_slice="0:4")
    (own_tasks / "brightness.py").write_text(OWN_TASK)
    for name in ("recon", "kl", "digit"):
        expect(card(watcher, name)).to_be_visible()
    expect(card(watcher, "digit")).to_contain_text("latent 0:4")
    job = start(operator, watcher, system)

    # On the running job: the fourth built-in task, and one whose file has just been saved.
    add(operator, "RegressionTask", Name="slant", Dataset="slanted", Weight="0.5")
    add(operator, "BrightnessTask", Name="bright", Dataset="digits", Weight="0.01")
    for name in ("slant", "bright"):
        for page in (operator, watcher):
            expect(card(page, name)).to_contain_text("joined at step")
            expect(page.locator(".legend")).to_contain_text(name)
    change_and_undo(operator, watcher)
    pause_resume_and_stop(operator, watcher)

    told = [event["kind"] for event in system.get(f"/jobs/{job}/events") if not event["routine"]]
    expected = ["add_task", "add_task", "set_weight", "set_weight", "set_enabled", "remove_task"]
    assert told == [*expected, "restore_task", "add_task", "pause", "resume", "stop", "stopped"]
    entries = watcher.locator("#events-list [data-event-step]")
    expect(entries).to_have_count(len(told))


def test_a_task_that_does_not_fit_is_refused_in_its_own_words(
    operator: Page, system: System, trouble: list[str]
) -> None:
    before = len(system.get("/tasks"))
    operator.locator("#task-add-button").click()
    class_choose(operator, "ReconstructionTask")
    operator.get_by_label("Name", exact=True).fill("part")
    operator.get_by_label("Latent slice").fill("0:2")
    operator.locator("#task-add-submit").click()
    error = operator.locator("#task_add_latent_slice_error")
    expect(error).to_contain_text("latent")
    expect(operator.get_by_label("Name", exact=True)).to_have_value("part")
    assert len(system.get("/tasks")) == before
    # It tells so only while it is asked something.
    wait_until(lambda: operator.evaluate("true") and trouble, "the browser names the status")
    trouble[:] = [line for line in trouble if "422" not in line]
