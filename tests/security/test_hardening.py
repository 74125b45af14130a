"""What is switched on by default, behind TLS, and before other machines may come."""

import os
import subprocess
import sys

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.test import Client

from acc.verification.ports import free_port
from tests.accsite.test_settings import read
from tests.security.conftest import PASSWORD, page_of
from trainer.processes.preflight import PreflightRefused, check_exposure
from trainer.processes.specs import web_spec
from trainer.services.access import operator_ensure, password_is_set


def manage(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=settings.BASE_DIR,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def test_django_finds_nothing_to_harden_behind_tls(tmp_path):
    checked = manage(
        "check", "--deploy", "--fail-level", "WARNING", ACC_HTTPS="1", ACC_HOME=str(tmp_path)
    )
    assert checked.returncode == 0, checked.stderr


def test_behind_tls_plain_http_is_sent_to_https_and_health_still_answers():
    names = ("SESSION_COOKIE_SECURE", "CSRF_COOKIE_SECURE", "SECURE_SSL_REDIRECT")
    found = read(*names, "SECURE_HSTS_SECONDS", "SECURE_REDIRECT_EXEMPT", ACC_HTTPS="1")
    assert [found[name] for name in names] == [True] * 3
    assert found["SECURE_HSTS_SECONDS"] > 0
    assert found["SECURE_REDIRECT_EXEMPT"] == ["^health$"]


@pytest.mark.parametrize("hosts", ["*", ".*", "acc.example,*"])
def test_a_site_that_answers_to_every_name_does_not_start(hosts):
    refused = manage("check", ACC_ALLOWED_HOSTS=hosts)
    assert refused.returncode == 1
    assert "ACC_ALLOWED_HOSTS must name" in refused.stderr
    assert "Traceback" not in refused.stderr


@pytest.mark.django_db
def test_cookies_are_for_this_site_and_out_of_reach_of_scripts(client, administrator):
    typed = {"username": "ada", "password": PASSWORD}
    client.post("/sign-in/", typed)
    client.get("/")
    for name in (settings.SESSION_COOKIE_NAME, settings.CSRF_COOKIE_NAME):
        assert client.cookies[name]["httponly"]
        assert client.cookies[name]["samesite"] == "Lax"
    assert client.cookies[settings.SESSION_COOKIE_NAME]["max-age"] == 7 * 86400


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1", "127.0.0.9"])
def test_on_this_machine_alone_no_password_is_needed(db, host):
    operator_ensure()
    check_exposure(host, [])


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.7", "acc.example"])
def test_other_machines_are_let_in_only_after_a_password_is_set(db, host):
    operator = operator_ensure()
    assert not password_is_set()
    with pytest.raises(PreflightRefused, match="changepassword operator"):
        check_exposure(host, ["acc.example"])
    operator.set_password(PASSWORD)
    operator.save()
    check_exposure(host, ["acc.example"])


def test_all_addresses_are_served_only_under_known_names(administrator):
    with pytest.raises(PreflightRefused, match="ACC_ALLOWED_HOSTS"):
        check_exposure("0.0.0.0", [])
    # An address is a name of its own, and allowed by itself.
    check_exposure("192.0.2.7", [])


def test_a_start_that_would_expose_a_system_without_a_password_ends_with_a_sentence(tmp_path):
    port = str(free_port())
    place = {"ACC_HOME": str(tmp_path / "home"), "ACC_PORT": port, "ACC_DEMO": "0"}
    started = manage("up", **place, ACC_HOST="0.0.0.0")
    assert started.returncode == 2
    served = manage("runserver", f"0.0.0.0:{port}", **place)
    assert served.returncode != 0
    for ended in (started, served):
        assert "no administrator has a password yet" in ended.stderr
        assert "Traceback" not in ended.stderr


def test_a_client_of_a_socket_cannot_fill_the_memory():
    argv = web_spec(lock_fd=0).argv
    for name, most in (("frame", 4096), ("message", 1024 * 1024)):
        assert int(argv[argv.index(f"--websocket-max-{name}-size") + 1]) <= most


@pytest.mark.django_db
@pytest.mark.parametrize("password", ["short", "password1234", "1234567890123", "operator42x"])
def test_a_weak_password_is_refused_and_the_page_says_why(password):
    page = page_of(User.objects.create_superuser("operator42", password=PASSWORD))
    typed = {"old_password": PASSWORD, "new_password1": password, "new_password2": password}
    answer = page.post("/partials/access/password/", typed)
    assert answer.status_code == 422
    assert b"field__error" in answer.content


def test_a_changed_password_ends_every_other_session(operator):
    here, there = page_of(operator), page_of(operator)
    typed = {"old_password": PASSWORD, "new_password1": "x-ray-machine-7", "new_password2": ""}
    assert here.post("/partials/access/password/", typed).status_code == 422
    typed["new_password2"] = typed["new_password1"]
    answer = here.post("/partials/access/password/", typed, headers={"HX-Request": "true"})
    assert answer.headers["HX-Redirect"] == "/access/?changed"
    assert b"is changed" in here.get("/access/?changed").content
    assert there.get("/access/").status_code == 302
    again = {"username": "otto", "password": "x-ray-machine-7"}
    assert Client().post("/sign-in/", again).headers["Location"] == "/"


def test_who_came_by_a_link_sets_a_password_without_an_old_one(db):
    page = page_of(operator_ensure())
    assert b"Set a password" in page.get("/access/").content
    typed = {"new_password1": "x-ray-machine-7", "new_password2": "x-ray-machine-7"}
    assert "HX-Redirect" in page.post("/partials/access/password/", typed).headers
    assert password_is_set()


def test_a_stolen_session_cannot_guess_the_password_for_long(operator):
    page = page_of(operator)
    typed = {"old_password": "guess", "new_password1": "x-ray-machine-7"}
    typed["new_password2"] = typed["new_password1"]
    tried = [
        page.post("/partials/access/password/", typed, headers={"HX-Request": "true"})
        for _ in range(6)
    ]
    assert tried[0].status_code == 422
    assert tried[-1].status_code == 429
    assert "wait" in tried[-1].json()["error"]
    assert operator.check_password(PASSWORD)


def test_one_click_signs_out_everywhere_else(operator, viewer):
    here, there, hers = page_of(operator), page_of(operator), page_of(viewer)
    answer = here.post("/partials/access/elsewhere/")
    assert b"Signed out in 1 other place;" in answer.content
    assert [page.get("/access/").status_code for page in (here, there, hers)] == [200, 302, 200]
    assert b"nowhere else" in here.post("/partials/access/elsewhere/").content
