"""Passwords that are guessed, changed and typed wrongly."""

from importlib import import_module

import pytest
from axes.models import AccessAttempt
from django.apps import apps

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


@pytest.mark.django_db
def test_passwords_that_were_kept_before_are_gone_with_the_update():
    AccessAttempt.objects.create(
        username="otto", failures_since_start=2, post_data=f"old_password={PASSWORD}"
    )
    migration = import_module("trainer.migrations.0020_attempts_without_passwords").Migration
    migration.operations[0].code(apps, None)
    assert AccessAttempt.objects.get().failures_since_start == 2
    assert PASSWORD not in kept()
