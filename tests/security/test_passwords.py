"""Passwords that are guessed, changed and typed wrongly."""

import threading
import time
from functools import partial
from importlib import import_module
from typing import ClassVar

import pytest
from axes.models import AccessAttempt
from django.apps import apps
from django.conf import settings
from django.contrib.auth.hashers import MD5PasswordHasher
from django.test import Client
from django.utils import timezone

from dashboard import one_password
from tests.security.conftest import PASSWORD, page_of
from tests.setup.waiting import wait_until
from tests.trainer.rows import at_once
from trainer.services.access import api_token_ensure, sign_in_link_create
from trainer.services.tokens import bearer_of, token_create, token_revoke, tokens_working

CHANGE = "/partials/access/password/"


def kept() -> str:
    """Return all that is kept of attempts that failed."""
    return repr(list(AccessAttempt.objects.values()))


def test_no_password_that_somebody_typed_is_kept(client, operator):
    page = page_of(operator)
    wrong = {"old_password": "almost-it", "new_password1": "x-ray-1", "new_password2": "x-ray-2"}
    for _ in range(2):
        page.post(CHANGE, wrong)
        client.post(
            "/sign-in/?password=in-the-address", {"username": "otto", "password": "near-it"}
        )
    assert AccessAttempt.objects.get().failures_since_start == 4
    for secret in (*wrong.values(), "near-it", "in-the-address"):
        assert secret not in kept()


class Slow(MD5PasswordHasher):
    """Counts what it checks, and takes a moment for it, or until it is let go."""

    checked: ClassVar[list[str]] = []
    let_go: ClassVar[threading.Event | None] = None

    def verify(self, password, encoded):
        self.checked.append(password)
        if self.let_go is not None:
            assert self.let_go.wait(60)
        time.sleep(0.02)
        return super().verify(password, encoded)


@pytest.fixture
def slow(settings, monkeypatch):
    settings.PASSWORD_HASHERS = [f"{__name__}.Slow"]
    monkeypatch.setattr(Slow, "checked", [])
    return Slow


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("is_signed_in", [False, True])
def test_guesses_made_at_once_are_no_more_than_those_made_one_by_one(
    operator, slow, is_signed_in, monkeypatch
):
    monkeypatch.setattr(one_password, "WAIT_SECONDS", 300.0)  # none goes away unchecked
    pages = [page_of(operator) if is_signed_in else Client() for _ in range(12)]

    def guess(page):
        if is_signed_in:
            new = {"new_password1": "x-ray-machine-7", "new_password2": "x-ray-machine-7"}
            return page.post(CHANGE, {"old_password": "guess", **new})
        return page.post("/sign-in/", {"username": "otto", "password": "guess"})

    answers = at_once(*[partial(guess, page) for page in pages])
    assert [answer.status_code for answer in answers].count(429) >= 12 - len(slow.checked)
    assert len(slow.checked) == settings.AXES_FAILURE_LIMIT


@pytest.mark.django_db(transaction=True)
def test_who_waits_too_long_for_others_passwords_is_told_so(operator, slow, monkeypatch):
    monkeypatch.setattr(slow, "let_go", threading.Event())
    monkeypatch.setattr(one_password, "WAIT_SECONDS", 0.01)
    typed = {"username": "otto", "password": PASSWORD}

    def come_later():
        wait_until(lambda: slow.checked, "the first password is being checked", seconds=60)
        try:
            panel = page_of(operator).post(CHANGE, typed, headers={"HX-Request": "true"})
            return Client().post("/sign-in/", typed), panel
        finally:
            slow.let_go.set()

    first, (later, panel) = at_once(lambda: Client().post("/sign-in/", typed), come_later)
    assert first.status_code == 302
    assert (later.status_code, panel.status_code) == (429, 429)
    assert b"try again in a moment" in later.content
    assert b'value="otto"' in later.content
    assert panel.json()["error"].startswith("too many passwords")


def test_attempts_while_locked_neither_renew_the_lock_nor_fill_the_table(client, operator):
    wrong = {"username": "otto", "password": "guess"}
    for _ in range(settings.AXES_FAILURE_LIMIT):
        last = client.post("/sign-in/", wrong)
    assert last.status_code == 429
    locked = kept()
    for _ in range(3):
        assert client.post("/sign-in/", wrong).status_code == 429
    assert kept() == locked
    AccessAttempt.objects.update(attempt_time=timezone.now() - settings.AXES_COOLOFF_TIME)
    assert client.post("/sign-in/", {**wrong, "password": PASSWORD}).status_code == 302


@pytest.mark.django_db
def test_passwords_that_were_kept_before_are_gone_with_the_update():
    AccessAttempt.objects.create(
        username="otto", failures_since_start=2, post_data=f"old_password={PASSWORD}"
    )
    migration = import_module("trainer.migrations.0020_attempts_without_passwords").Migration
    migration.operations[0].code(apps, None)
    assert AccessAttempt.objects.get().failures_since_start == 2
    assert PASSWORD not in kept()


def change(page, **more):
    """Change the password as the page does; return where the window is sent."""
    typed = {"old_password": PASSWORD, "new_password1": "x-ray-machine-7"}
    answer = page.post(CHANGE, {**typed, "new_password2": "x-ray-machine-7", **more})
    return answer.headers["HX-Redirect"]


@pytest.mark.parametrize(("ticked", "works"), [({"revoke_tokens": "on"}, False), ({}, True)])
def test_a_new_password_ends_the_tokens_if_one_wants_so(operator, viewer, ticked, works):
    secrets = [token_create(owner=operator, name=name)[1] for name in ("watch", "curves")]
    _, hers = token_create(owner=viewer, name="hers")
    page = page_of(operator)
    shown = " ".join(page.get("/access/").content.decode().split())
    assert "Revoke my API tokens, too (2)" in shown
    assert 'name="revoke_tokens" class="check__box" id="id_revoke_tokens" checked' in shown
    assert change(page, **ticked) == "/access/?changed"
    assert [bearer_of(secret) is not None for secret in secrets] == [works, works]
    assert bearer_of(hers) is not None
    assert bearer_of(api_token_ensure()) is not None


def test_who_has_no_token_that_works_is_not_asked_about_them(operator):
    token, _ = token_create(owner=operator, name="watch")
    token_revoke(token)
    page = page_of(operator)
    assert b"Revoke my API tokens" not in page.get("/access/").content
    assert change(page) == "/access/?changed"


def test_a_new_password_ends_the_sign_in_links_that_nobody_opened(operator, viewer):
    his, hers = sign_in_link_create(operator), sign_in_link_create(viewer)
    assert change(page_of(operator)) == "/access/?changed"
    assert Client().get(f"/sign-in/link/{his}/").status_code == 410
    assert Client().get(f"/sign-in/link/{hers}/").status_code == 302


@pytest.mark.parametrize("form", ["{}", "0{}"])
def test_an_administrator_gives_the_old_password_too_when_it_is_their_own(
    administrator, operator, form
):
    page = page_of(administrator)
    typed = {"password1": "x-ray-machine-7", "password2": "x-ray-machine-7"}
    typed["usable_password"] = "true"
    own = page.post(f"/admin/auth/user/{form.format(administrator.pk)}/password/", typed)
    assert own.headers["Location"] == "/access/"
    assert b"by giving the old one" in page.get("/access/").content
    link = sign_in_link_create(operator)
    token_create(owner=operator, name="watch")
    page.post(f"/admin/auth/user/{form.format(operator.pk)}/password/", typed)
    assert Client().get(f"/sign-in/link/{link}/").status_code == 410
    assert not tokens_working(operator).exists()
    assert page.get("/admin/password_change/").headers["Location"] == "/access/"
    administrator.refresh_from_db()
    operator.refresh_from_db()
    assert administrator.check_password(PASSWORD)
    assert operator.check_password("x-ray-machine-7")
