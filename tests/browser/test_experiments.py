"""Making and keeping experiments, and the menu of the devices, at the screen."""

import pytest
from playwright.sync_api import expect

from tests.dashboard.rows import Scribe, experiment_make
from tests.dashboard.task_offers import answer_next_call, parameter
from tests.setup.trainer import trainer_stays
from tests.trainer.rows import dataset_make, offer_make
from trainer.models import Experiment
from trainer.services.experiments import experiment_create
from trainer.services.registry import registry_store

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def experiment(transactional_db) -> Experiment:
    made = experiment_make("digits")
    shape = parameter("image_shape", "Sequence[int]", [1, 32, 32])
    size = parameter("latent_dim", "int", 32)
    registry_store(
        registry="models",
        offers=[
            offer_make("ConvVAE", parameters=[shape, size]),
            offer_make("Slots", parameters=[shape, parameter("slots", "int", 4)]),
        ],
        errors=[],
    )
    dataset_make("colours", image_shape=[3, 16, 16])
    return made


def test_an_experiment_is_made_with_the_keyboard_alone(desk, experiment):
    desk.open("/experiments/new/?experiment=digits")
    keyboard = desk.page.keyboard
    desk.page.get_by_label("Name").focus()
    keyboard.type("Bunte Bilder")
    for _ in range(2):  # the address, then the class
        keyboard.press("Tab")
    keyboard.press("Tab")
    keyboard.type("c")  # on a slow machine a second letter would begin another search
    shape = desk.page.get_by_label("image_shape")
    expect(shape).to_have_value("[3, 16, 16]")
    latent = desk.page.get_by_label("latent_dim")
    latent.focus()
    keyboard.press("Control+a")
    keyboard.type("16")

    def build(asked):
        experiment_create(
            slug=asked["experiment"], model_class="ConvVAE", model_config={}, model_info={}
        )

    thread = answer_next_call(doing=build, answer={})
    keyboard.press("Enter")
    thread.join()
    expect(desk.page).to_have_url(f"{desk.url}/?experiment=bunte-bilder")
    expect(desk.page.locator(".menu__name").first).to_have_text("Bunte Bilder")


def test_a_refusal_keeps_the_form_and_another_class_keeps_what_both_take(desk, experiment):
    desk.open("/experiments/new/")
    desk.page.get_by_label("Name").fill("Mine")
    desk.page.get_by_label("Class").select_option("Slots")
    desk.page.get_by_label("slots").fill("many")
    desk.page.get_by_role("button", name="Make experiment").click()
    expect(desk.page.locator("#experiment_param-slots_error")).to_have_text(
        "Must be a whole number."
    )
    expect(desk.page.get_by_label("Name")).to_have_value("Mine")
    expect(desk.page.get_by_label("slots")).to_have_value("many")
    expect(desk.page.get_by_label("Class")).to_have_value("Slots")
    desk.forgive_refusals()


def test_experiments_are_renamed_archived_and_brought_back(desk, experiment):
    experiment_make("other", is_active=False)
    desk.open("/experiments/?experiment=digits")
    name = desk.page.get_by_label("Name of other")
    name.fill("Another one")
    name.press("Enter")
    heading = desk.page.get_by_role("heading", name="Another one")
    expect(heading).to_be_visible()
    desk.page.get_by_role("button", name="Archive Another one").click()
    back = desk.page.get_by_role("button", name="Bring back Another one")
    expect(back).to_be_visible()
    desk.page.locator(".menu summary").first.click()
    expect(desk.page.locator(".menu__list").first).not_to_contain_text("Another one")
    back.click()
    expect(desk.page.get_by_role("button", name="Make active Another one")).to_be_visible()


def test_a_refused_name_stays_while_the_others_panels_do_not_move(desk, experiment):
    experiment_make("other", is_active=False)
    desk.open("/experiments/")
    field = desk.page.get_by_label("Name of digits")
    field.fill(" ")
    field.press("Enter")
    refusal = desk.page.locator("#refusal-digits")
    expect(refusal).to_be_visible()
    expect(field).to_have_value(" ")
    expect(field).to_be_focused()
    desk.forgive_refusals()


def test_the_device_is_chosen_in_the_menu_and_refused_while_a_job_runs(desk, experiment):
    trainer_stays(devices=("cpu", "cuda:0"))
    desk.open()
    menu = desk.page.locator("#device-menu")
    menu.locator("summary").click()
    menu.get_by_role("button", name="cuda:0").click()
    expect(menu.locator("#device")).to_have_text("cuda:0")
    scribe = Scribe.start(experiment)
    menu.get_by_role("button", name="cpu").click()
    expect(menu.get_by_role("alert")).to_contain_text(f"Job {scribe.job.pk} is running")
    expect(menu.locator("#device")).to_have_text("cuda:0")
    desk.forgive_refusals()
