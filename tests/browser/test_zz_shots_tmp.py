"""Temporary: screenshots."""
import pytest
from playwright.sync_api import expect
from tests.browser.test_task_add import experiment, form_open, form_send
from tests.dashboard.task_offers import answer_next_call
from tests.trainer.rows import dataset_make
pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

def test_shots(desk, experiment):
    dataset_make("big", image_shape=[1, 64, 64])
    page = desk.page
    for groups, tag in (([], "plain"), ([{"name":"digit","start":0,"end":16},{"name":"thickness","start":16,"end":20},{"name":"slant","start":20,"end":24},{"name":"style","start":24,"end":30}], "groups")):
        experiment.model_info = {"latent_dim": 32, "image_shape": [1,32,32], "is_vae": False, "factor_groups": groups}
        experiment.save()
        desk.open()
        page.evaluate("document.fonts.ready")
        form_open(page)
        page.get_by_label("Class", exact=True).select_option("RegressionTask" if tag=="plain" else "KLDivergenceTask")
        expect(page.get_by_label("margin" if tag=="plain" else "warmup_steps")).to_be_visible()
        page.locator(".strip__segment").nth(1).click()
        page.locator(".strip__segment").nth(2).click()
        for theme in ("light","dark"):
            if page.evaluate("document.documentElement.dataset.theme") != theme:
                page.get_by_role("button", name="Switch between").click()
            page.set_viewport_size({"width":1280,"height":860})
            page.screenshot(path=f"/tmp/acc/shots/add-{tag}-{theme}-1280.png", full_page=True)
            page.set_viewport_size({"width":390,"height":844})
            page.locator("#task-add").screenshot(path=f"/tmp/acc/shots/add-{tag}-{theme}-390.png")
            assert page.evaluate("document.documentElement.scrollWidth") <= 390
        page.set_viewport_size({"width":1280,"height":860})
    page.get_by_label("Weight").fill("x")
    page.get_by_label("Name").fill("a/b")
    form_send(page)
    expect(page.locator("#task_add_name_error")).to_be_visible()
    page.screenshot(path="/tmp/acc/shots/add-refused.png", full_page=True)
    page.get_by_label("Weight").fill("1"); page.get_by_label("Name").fill("")
    t = answer_next_call(error="KLDivergenceTask needs a variational model, one that gives mu and logvar; SimpleAutoencoder does not")
    form_send(page); t.join()
    expect(page.locator("#task-add [role=alert]")).to_be_visible()
    page.screenshot(path="/tmp/acc/shots/add-refused2.png", full_page=True)
    t = answer_next_call(answer={"name":"kl-2"})
    form_send(page); t.join()
    expect(page.locator("#task-add-status")).to_contain_text("Added")
    page.screenshot(path="/tmp/acc/shots/add-done.png", full_page=True)
    page.set_viewport_size({"width":390,"height":844})
    page.screenshot(path="/tmp/acc/shots/add-done-390.png", full_page=True)
    desk.trouble.clear()
