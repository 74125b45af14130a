"""Passwords that are guessed, changed and typed wrongly."""

from importlib import import_module

import pytest
from axes.models import AccessAttempt
from django.apps import apps
from django.conf import settings
from django.utils import timezone

from tests.security.conftest import PASSWORD, page_of

CHANGE = "/partials/access/password/"


def kept() -> str:
    """Return all that is kept of attempts that failed."""
    return repr(list(AccessAttempt.objects.values()))


def test_no_password_that_somebody_typed_is_kept(client, operator):
    page = page_of(operator)
    wrong = {"old_password": "almost-it", "new_password1": "x-ray-1", "new_password2": "x-ray-2"}
    for _ in range(2):
        page.post(CHANGE, wrong)
        client.post("/sign-in/?password=in-the-address", {"username": "otto", "password": "near-it"})
    assert AccessAttempt.objects.get().failures_since_start == 4
    for secret in (*wrong.values(), "near-it", "in-the-address"):
        assert secret not in kept()


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
