"""The page of the data as somebody sees it, and what open pages learn of new datasets."""

import re

import numpy as np
import pytest
from playwright.sync_api import expect

from tests.dashboard.measured import answer_call
from tests.dashboard.rows import experiment_make
from tests.setup.trainer import trainer_stays
from tests.setup.waiting import wait_until
from tests.trainer.rows import dataset_make
from trainer.models import Call

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def experiment(transactional_db):
    return experiment_make("digits")


def test_a_refused_upload_keeps_the_file_and_the_name(desk, experiment, tmp_path):
    np.savez(tmp_path / "mine.npz", images=np.zeros((4, 8, 8), np.uint8))
    desk.open("/data/")
    desk.page.get_by_text("From a .npz file").click()
    form = desk.page.locator("#data-add-npz")
    form.locator("input[type=file]").set_input_files(tmp_path / "mine.npz")
    form.get_by_label("Name").fill("mine")
    form.get_by_role("button", name="Upload").click()
    expect(form.get_by_role("alert")).to_contain_text("the trainer is offline")
    desk.forgive_refusals()
    expect(form.get_by_label("Name")).to_have_value("mine")
    trainer_stays()
    form.get_by_role("button", name="Upload").click()
    uploads = Call.objects.filter(kind=Call.Kind.DATASET_IMPORT_NPZ)
    wait_until(uploads.exists, "the kept file is sent")
    answer_call(Call.Kind.DATASET_IMPORT_NPZ, answer={"name": "mine", "size": 4})
    expect(form.get_by_role("status").first).to_contain_text("mine is there: 4 images")


def test_a_dataset_appears_goes_and_is_asked_about_first(desk, experiment):
    desk.open("/data/")
    dataset_make("shapes")
    shapes = desk.page.get_by_role("region", name="shapes")
    expect(shapes).to_be_visible()
    button = shapes.get_by_role("button", name="Delete shapes")
    expect(button).to_be_hidden()
    shapes.get_by_text("Delete…").click()
    button.click()
    expect(shapes).to_have_count(0)
    expect(desk.page.get_by_role("region", name="digits")).to_be_visible()


def test_the_form_that_adds_a_task_follows_the_datasets_and_keeps_what_is_typed(desk, experiment):
    desk.open()
    desk.page.locator("#task-add-button").click()
    desk.page.fill("#task_add_weight", "0.25")
    dataset_make("shapes", content_hash="1" * 64)
    options = desk.page.locator("#task_add_dataset option")
    expect(options.filter(has_text="shapes")).to_have_count(1)
    expect(desk.page.locator("#task_add_weight")).to_have_value("0.25")


def test_the_experiments_that_use_a_dataset_are_listed_as_one_writes_a_list(desk, experiment):
    experiment_make("by-hand", is_active=False)
    desk.open("/data/")
    # As it is laid out: a box of its own would set the comma apart.
    uses = desk.page.locator(".dataset__uses")
    tasks = "(recon, kl, digit)"
    listed = f"Used by digits {tasks}, by-hand {tasks}"
    expect(uses).to_contain_text(listed, use_inner_text=True)


def test_the_page_fits_a_phone(desk, experiment):
    dataset_make("a-name-of-eighty-characters-" + "x" * 50)
    desk.page.set_viewport_size({"width": 390, "height": 844})
    desk.open("/data/")
    expect(desk.page.get_by_role("heading", name=re.compile("a-name"))).to_be_visible()
    assert desk.page.evaluate("document.documentElement.scrollWidth") == 390
