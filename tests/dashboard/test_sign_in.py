"""Who comes in, and how."""

import datetime

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from trainer.models import SignInLink
from trainer.services.access import operator_ensure, sign_in_link_create


@pytest.mark.parametrize("path", ["/", "/?experiment=digits&job=3"])
def test_the_workbench_asks_for_a_sign_in_and_comes_back_to_where_one_wanted_to_go(
    path, client, experiment
):
    response = client.get(path)
    assert response.status_code == 302
    assert response.url.startswith("/sign-in/?next=/")
    page = client.get(response.url)
    assert page.status_code == 200
    assert page.context["next"] == path


@pytest.mark.parametrize(
    "path",
    [
        "/partials/run/",
        "/partials/jobs/",
        "/partials/tasks/",
        "/partials/loss_curves/",
        "/partials/awaited/",
    ],
)
def test_a_panel_of_a_page_that_was_signed_out_is_told_so_and_the_page_stays(
    path, client, experiment
):
    response = client.get(path, headers={"HX-Request": "true"})
    assert response.status_code == 401
    assert "HX-Redirect" not in response.headers
    assert response.content == b"You are signed out."


@pytest.mark.parametrize(
    "path", ["/partials/train/start/", "/partials/run/stop/", "/partials/run/pause/"]
)
def test_nobody_starts_or_stops_a_job_without_signing_in(path, client, experiment):
    assert client.post(path, {"steps": 5}).url.startswith("/sign-in/")
    assert not experiment.jobs.exists()


def test_a_password_signs_in(client, ada):
    response = client.post("/sign-in/", {"username": "ada", "password": "notes-on-the-engine"})
    assert (response.status_code, response.headers["Location"]) == (302, "/")
    assert client.get("/").status_code == 200


def test_a_wrong_password_is_told_on_the_page_and_the_name_stays(client, ada):
    response = client.post("/sign-in/", {"username": "ada", "password": "guess"})
    assert response.status_code == 200
    assert b'value="ada"' in response.content
    assert b"correct username and password" in response.content


def test_a_sign_in_never_leads_to_another_site(client, ada):
    credentials = {"username": "ada", "password": "notes-on-the-engine"}
    response = client.post("/sign-in/?next=https://evil.example/", credentials)
    assert response.headers["Location"] == "/"


def test_a_one_time_link_signs_in_once(ada):
    path = f"/sign-in/link/{sign_in_link_create(ada)}/"
    first, second = Client(), Client()
    response = first.get(path)
    assert (response.status_code, response.headers["Location"]) == (302, "/")
    assert first.get("/").context["user"] == ada
    assert second.get(path).status_code == 410
    assert second.get("/").status_code == 302
    # Whoever is signed in already and opens the link again is at home all the same.
    assert first.get(path).headers["Location"] == "/"


def test_an_expired_or_made_up_link_says_what_to_do(client, ada):
    token = sign_in_link_create(ada)
    SignInLink.objects.update(expires_at=timezone.now() - datetime.timedelta(seconds=1))
    for tried in (token, "made-up"):
        response = client.get(f"/sign-in/link/{tried}/")
        assert response.status_code == 410
        assert b"/sign-in/" in response.content
        assert b"for 12 hours" in response.content
        assert b"manage.py signinlink" in response.content


def test_the_sign_in_page_says_how_to_get_in_without_a_password(client, db):
    page = client.get("/sign-in/").content.decode()
    assert "manage.py signinlink" in page
    assert f"<code>{operator_ensure().username}</code>" in page


def test_a_link_preview_that_only_asks_for_the_head_uses_nothing_up(client, ada):
    path = f"/sign-in/link/{sign_in_link_create(ada)}/"
    assert client.head(path).status_code == 405
    assert client.get(path).headers["Location"] == "/"


def test_signing_out_takes_a_click_and_not_a_link(browser_client):
    assert browser_client.get("/sign-out/").status_code == 405
    assert browser_client.post("/sign-out/").url == "/sign-in/"
    assert browser_client.get("/").status_code == 302


def test_the_admin_asks_for_the_same_sign_in_as_the_pages(client, ada):
    response = client.get("/admin/", follow=True)
    assert response.redirect_chain[-1][0] == "/sign-in/?next=/admin/"
    credentials = {"username": "ada", "password": "notes-on-the-engine"}
    assert client.post("/sign-in/?next=/admin/", credentials).url == "/admin/"


def test_whoever_may_not_use_the_admin_is_told_so_and_not_sent_in_circles(client, db):
    client.force_login(User.objects.create_user("guest", password="just-looking-around"))
    assert client.get("/admin/", follow=True).status_code == 403


def test_only_staff_is_shown_the_way_to_the_admin(browser_client, experiment, client):
    assert b'href="/admin/"' in browser_client.get("/").content
    client.force_login(User.objects.create_user("guest", password="just-looking-around"))
    assert b'href="/admin/"' not in client.get("/").content


def test_who_guesses_passwords_has_to_wait_and_the_operator_elsewhere_has_not(client, ada):
    wrong = {"username": "ada", "password": "guess"}
    right = {"username": "ada", "password": "notes-on-the-engine"}
    for _ in range(4):
        assert client.post("/sign-in/", wrong).status_code == 200
    locked = client.post("/sign-in/", wrong)
    assert locked.status_code == 429
    assert "wait 15 minutes" in locked.content.decode()
    assert client.post("/sign-in/", right).status_code == 429
    elsewhere = Client(REMOTE_ADDR="10.0.0.7")
    assert elsewhere.post("/sign-in/", right).status_code == 302


def test_a_sign_in_forgets_the_attempts_that_failed_before_it(client, ada):
    wrong = {"username": "ada", "password": "guess"}
    right = {"username": "ada", "password": "notes-on-the-engine"}
    for password in (wrong, wrong, wrong, right, wrong, wrong, wrong):
        client.post("/sign-in/", password)
    assert client.post("/sign-in/", right).status_code == 302
