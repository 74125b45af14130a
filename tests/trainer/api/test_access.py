"""Who may call the API, and what everybody else hears."""

import re

import pytest
from django.conf import settings
from django.test import Client
from django.urls import URLPattern

from trainer.api import api
from trainer.services.access import operator_ensure

pytestmark = pytest.mark.django_db


def paths():
    """Return a path of every call, with something put in for its parameters."""
    patterns, *_ = api.urls
    for pattern in patterns:
        assert isinstance(pattern, URLPattern)
        route = re.sub(r"<int:\w+>", "1", str(pattern.pattern))
        yield "/" + re.sub(r"<\w+>", "x", route)


@pytest.mark.parametrize("path", sorted(set(paths()) - {"/", "/health"}))
def test_nothing_answers_without_credentials(client, refused, path):
    sentences = set()
    for answer in (client.get(path), client.post(path, {}, content_type="application/json")):
        if answer.status_code != 405:
            sentences.add(refused(answer, 401))
    assert len(sentences) == 1
    assert "Authorization: Bearer TOKEN" in sentences.pop()


def test_a_wrong_token_is_refused_with_the_way_to_ask(client, refused):
    for header in ("Bearer wrong", "Bearer ", "Bearer", "Basic eDp4", "wrong"):
        answer = client.get("/tasks", headers={"Authorization": header})
        refused(answer, 401)
        assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_health_tells_anybody_that_it_is_well_and_nothing_else(client, experiment):
    assert client.get("/health").json() == {"status": "ok", "trainer": "offline"}


def test_a_signed_in_page_reads_with_its_session(client, experiment):
    client.force_login(operator_ensure())
    assert client.get("/tasks").status_code == 200


def test_a_signed_in_page_changes_only_with_the_csrf_token(experiment, refused):
    page = Client(enforce_csrf_checks=True)
    page.force_login(operator_ensure())
    assert "CSRF token" in refused(page.post("/tasks/recon/toggle"), 403)
    token = "a" * 32
    page.cookies[settings.CSRF_COOKIE_NAME] = token
    headers = {"X-CSRFToken": token}
    # A form was read by the check of the token already, and is no JSON anyway.
    form = page.post("/tasks/recon/toggle", {"why": "x"}, headers=headers)
    assert "must be JSON" in refused(form, 415)
    answer = page.post("/tasks/recon/toggle", content_type="application/json", headers=headers)
    assert answer.status_code == 200
    assert answer.json()["enabled"] is False


def test_a_script_needs_no_csrf_token(script, experiment):
    strict = Client(enforce_csrf_checks=True, headers=script.headers)
    sent = strict.post("/tasks/recon/toggle", content_type="application/json")
    assert sent.status_code == 200


def test_somebody_who_was_shut_out_is_no_longer_in(client, experiment, refused):
    user = operator_ensure()
    client.force_login(user)
    user.is_active = False
    user.save()
    refused(client.get("/tasks"), 401)


def test_the_documentation_sends_a_browser_to_sign_in(client):
    answer = client.get("/docs", headers={"Accept": "text/html,*/*"})
    assert answer.status_code == 302
    assert answer.headers["Location"] == "/sign-in/?next=/docs"


def test_the_documentation_is_there_for_who_is_signed_in(client, script):
    client.force_login(operator_ensure())
    page = client.get("/docs").content.decode()
    assert "swagger-ui-bundle.js" in page
    assert "https://" not in page
    schema = script.get("/openapi.json").json()
    operations = [operation for path in schema["paths"].values() for operation in path.values()]
    names = [operation["operationId"] for operation in operations]
    assert len(names) == len(set(names)) > 20
    for operation in operations:
        assert operation["tags"]
        assert operation["summary"]
        answers = {str(status): answer for status, answer in operation["responses"].items()}
        assert answers["200"]["content"]
        assert answers["4XX"]["content"]


def test_a_wrong_method_is_told_the_right_one(script, refused):
    answer = script.client.put("/tasks")
    assert "GET works" in refused(answer, 405)
    assert answer.headers["Allow"] == "GET"
    assert "POST works" in refused(script.get("/train/start"), 405)


def test_an_unknown_path_is_the_sites_affair(script, refused):
    assert "/jobs/seven" in refused(script.get("/jobs/seven"), 404)
