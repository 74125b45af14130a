"""The admin shows every row and changes none."""

import pytest
from django.contrib import admin
from django.contrib.auth.models import User

from tests.dashboard.rows import Scribe, experiment_make
from trainer.models import Job

pytestmark = pytest.mark.django_db


@pytest.fixture
def scribe() -> Scribe:
    scribe = Scribe.start(experiment_make("digits"))
    scribe.write(91)
    scribe.happen("set_weight", task="kl", weight=0.5)
    return scribe


def test_jobs_are_listed_with_their_final_losses_and_duration(admin_client, scribe):
    Job.objects.update(active_seconds=200)
    page = admin_client.get("/admin/trainer/job/").content.decode()
    assert "recon 0.1, kl 0.2, digit 0.3" in page
    assert "3 min 20 s" in page
    assert "91 / 1,000" in page


@pytest.mark.parametrize("words", ["digits", "recon", "ada", "out of memory"])
def test_jobs_are_found_by_experiment_task_person_and_error(words, admin_client, scribe):
    scribe.end(Job.State.FAILED, error="out of memory")
    found = admin_client.get("/admin/trainer/job/", {"q": words})
    assert found.context["cl"].result_count == 1
    assert admin_client.get("/admin/trainer/job/", {"q": "zebra"}).context["cl"].result_count == 0


def test_a_job_shows_its_losses_and_events(admin_client, scribe):
    page = admin_client.get(f"/admin/trainer/job/{scribe.job.pk}/change/").content.decode()
    assert "set_weight" in page
    assert "improving" in page


def test_jobs_are_filtered_by_state(admin_client, scribe):
    assert admin_client.get("/admin/trainer/job/?state=running").context["cl"].result_count == 1
    assert admin_client.get("/admin/trainer/job/?state=failed").context["cl"].result_count == 0


def test_a_list_of_jobs_costs_the_same_number_of_queries_however_long_it_is(
    admin_client, scribe, django_assert_max_num_queries
):
    for slug in ("a", "b", "c", "d", "e", "f"):
        Scribe.start(experiment_make(slug, is_active=False)).write(5)
    with django_assert_max_num_queries(12):
        admin_client.get("/admin/trainer/job/")


@pytest.mark.parametrize(
    "model",
    [model for model in admin.site._registry if model._meta.app_label == "trainer"],
    ids=lambda model: model.__name__,
)
def test_every_list_opens_and_offers_no_change(model, admin_client, scribe):
    name = model._meta.model_name
    assert admin_client.get(f"/admin/trainer/{name}/", {"q": "x"}).status_code in {200, 302}
    assert admin_client.get(f"/admin/trainer/{name}/add/").status_code == 403
    for row in model._default_manager.all()[:1]:
        path = f"/admin/trainer/{name}/{row.pk}/"
        assert admin_client.get(f"{path}change/").status_code == 200
        assert admin_client.post(f"{path}change/", {}).status_code == 403
        assert admin_client.post(f"{path}delete/", {"post": "yes"}).status_code == 403


def test_people_can_be_added(admin_client):
    page = admin_client.get("/admin/auth/user/add/")
    assert page.status_code == 200
    user = User.objects.get(username="admin")
    assert admin_client.get(f"/admin/auth/user/{user.pk}/change/").status_code == 200


def test_a_list_of_thousands_of_jobs_and_the_search_in_it_take_no_more_queries(
    admin_client, scribe, django_assert_max_num_queries
):
    plain = Job.objects.get()
    facts = {
        field.attname: getattr(plain, field.attname)
        for field in Job._meta.concrete_fields
        if field.attname not in {"id", "state"}
    }
    Job.objects.bulk_create(Job(**facts, state="completed") for _ in range(3000))
    for query in ({}, {"q": "ada"}, {"state": "completed", "p": "40"}):
        with django_assert_max_num_queries(12):
            page = admin_client.get("/admin/trainer/job/", query)
        assert page.context["cl"].result_count >= 3000


def test_a_job_in_the_list_leads_to_its_page_and_its_curves(admin_client, scribe):
    page = admin_client.get("/admin/trainer/job/").content.decode()
    assert f'href="/job/{scribe.job.pk}/"' in page
    assert f'href="/?experiment=digits&amp;job={scribe.job.pk}"' in page
