"""Viewers look, operators steer, administrators do the rest: at every address that there is."""

from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client

from tests.security.conftest import PASSWORD, page_of, person_make
from tests.security.urls import site_paths
from trainer.models import ApiToken
from trainer.services.roles import groups_ensure, role_of
from trainer.services.tokens import token_create

pytestmark = pytest.mark.django_db

UNSAFE = ("post", "put", "patch", "delete")
# To sign in or out, and the icon, are for everybody; one's own account for all who are signed in.
OPEN = ("/sign-in/", "/sign-out/", "/admin/login/", "/admin/logout/", "/favicon.ico")
OWN = ("/partials/access/", "/tokens")
PATHS = [path for path in site_paths() if not path.startswith(OPEN)]
ADMIN = [path for path in PATHS if path.startswith("/admin/")]
STEERING = [path for path in PATHS if not path.startswith(("/admin/", *OWN))]


def answers(client, path):
    """Yield the answers to each method that changes something, and that the address takes."""
    for method in UNSAFE:
        answer = getattr(client, method)(path, content_type="application/json")
        if answer.status_code != 405:
            yield answer


def test_the_walk_finds_pages_calls_and_the_admin():
    for path in ("/partials/train/start/", "/train/start", "/tokens/1/revoke", "/admin/auth/user/"):
        assert path in PATHS
    takes_changes = [path for path in STEERING if list(answers(Client(), path))]
    assert len(takes_changes) > 50


def is_asked_to_sign_in(answer):
    way_in = ("/sign-in/", "/admin/login/")
    return answer.status_code == 401 or (
        answer.status_code == 302 and answer.headers["Location"].startswith(way_in)
    )


def answered_otherwise(client, paths, expected):
    """Return the addresses at which a change is answered in another way than expected."""
    return [
        (path, answer.status_code)
        for path in paths
        for answer in answers(client, path)
        if not expected(answer)
    ]


def test_nobody_changes_anything_without_signing_in(client):
    assert answered_otherwise(client, PATHS, is_asked_to_sign_in) == []


def test_nobody_reads_anything_without_signing_in(client):
    read = [path for path in PATHS if path != "/health"]
    told = {path: client.get(path) for path in read}
    assert [
        (path, answer.status_code)
        for path, answer in told.items()
        if answer.status_code != 405 and not is_asked_to_sign_in(answer)
    ] == []


def test_a_viewer_changes_nothing_and_hears_why(viewer, experiment):
    def is_refused(answer):
        return answer.status_code == 403 and b"look and change nothing" in answer.content

    assert answered_otherwise(page_of(viewer), STEERING, is_refused) == []


def test_a_page_of_another_site_changes_nothing_with_the_administrators_cookie(administrator):
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(administrator)
    changing = [path for path in PATHS if path != "/health"]
    assert answered_otherwise(strict, changing, lambda answer: answer.status_code == 403) == []


def test_a_token_that_may_only_read_changes_nothing(operator, experiment):
    _, secret = token_create(owner=operator, name="watch")
    script = Client(headers={"Authorization": f"Bearer {secret}"})
    calls = [path for path in STEERING if not path.startswith("/partials/")]

    def is_refused(answer):
        return answer.status_code == 403 and "may only read" in answer.json()["error"]

    assert answered_otherwise(script, calls, is_refused) == []


def test_the_admin_is_closed_to_all_but_administrators(operator):
    operator.is_staff = True
    operator.save()
    page = page_of(operator)
    assert len(ADMIN) > 50
    for path in ADMIN:
        for answer in (page.get(path, follow=True), page.post(path, follow=True)):
            assert answer.status_code == 403, path


def test_a_panel_hears_a_refusal_as_a_sentence_and_a_window_as_a_page(viewer, experiment):
    page = page_of(viewer)
    panel = page.post("/partials/train/start/", {"steps": 5}, headers={"HX-Request": "true"})
    assert (panel.status_code, list(panel.json())) == (403, ["error"])
    window = page.post("/partials/train/start/", {"steps": 5})
    assert window.headers["Content-Type"].startswith("text/html")
    assert b"you may look" in window.content.lower()
    assert not experiment.jobs.exists()


def test_an_operator_steers(operator, experiment):
    page = page_of(operator)
    assert page.post("/tasks/kl/toggle", content_type="application/json").status_code == 200
    card = experiment.task_cards.get(name="kl")
    assert page.post(f"/partials/cards/{card.pk}/weight/", {"weight": "2"}).status_code == 200
    card.refresh_from_db()
    assert (card.enabled, card.weight) == (False, 2)


def test_a_viewer_sees_every_page(viewer, experiment):
    page = page_of(viewer)
    for path in ("/", "/data/", "/checkpoints/", "/registry/", "/recipes/", "/experiments/"):
        assert page.get(path).status_code == 200, path
    assert page.get("/tasks").status_code == 200


def test_whoever_loses_the_role_loses_it_at_once(operator, experiment):
    page = page_of(operator)
    operator.groups.clear()
    answer = page.post("/tasks/kl/toggle", content_type="application/json")
    assert answer.status_code == 403


def test_a_token_is_worth_what_its_owner_is(operator, experiment):
    _, secret = token_create(owner=operator, name="ci", scope=ApiToken.Scope.OPERATE)
    script = Client(headers={"Authorization": f"Bearer {secret}"})
    path = "/tasks/kl/toggle"
    assert script.post(path, content_type="application/json").status_code == 200
    operator.groups.clear()
    assert script.post(path, content_type="application/json").status_code == 403
    User.objects.filter(pk=operator.pk).update(is_active=False)
    assert script.get("/tasks").status_code == 401


def test_people_are_made_in_the_admin_with_their_role(administrator):
    page = page_of(administrator)
    viewers = Group.objects.get(name="viewer")
    typed: dict[str, Any] = {"username": "vera", "password1": PASSWORD, "password2": PASSWORD}
    typed |= {"usable_password": "true", "groups": [viewers.pk]}
    assert page.post("/admin/auth/user/add/", typed).status_code == 302
    vera = User.objects.get(username="vera")
    assert role_of(vera) == "viewer"
    assert list(vera.groups.all()) == [viewers]


def test_what_an_administrator_makes_of_the_groups_outlives_an_upgrade():
    operators = Group.objects.get(name="operator")
    operators.permissions.clear()
    groups_ensure()
    assert not operators.permissions.exists()


def test_somebody_in_no_group_only_looks():
    assert role_of(person_make("guest")) == "viewer"
