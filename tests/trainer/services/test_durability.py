"""Commits wait for the disk wherever a crash may take them from a job that goes on."""

import pytest
from django.db import connection

from trainer.services.durability import commits_need_not_wait

pytestmark = [pytest.mark.portable, pytest.mark.django_db(transaction=True)]

SETTING = {"sqlite": "PRAGMA synchronous", "postgresql": "SHOW synchronous_commit"}
NORMAL, FULL = 1, 2


def patience() -> object:
    """Return what the database says of how long its commits wait."""
    with connection.cursor() as cursor:
        cursor.execute(SETTING[connection.vendor])
        return cursor.fetchone()[0]


def test_only_a_file_that_dies_with_its_job_is_written_behind():
    before = patience()
    with commits_need_not_wait():
        assert patience() == (NORMAL if connection.vendor == "sqlite" else before)
    assert patience() == before
    assert connection.vendor != "sqlite" or before == FULL
