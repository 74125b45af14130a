"""A wall clock that stands still: moments stay as far apart as a test says, on any machine."""

import datetime

import pytest
from django.utils import timezone


@pytest.fixture
def still_clock(monkeypatch: pytest.MonkeyPatch) -> datetime.datetime:
    """The moment at which the test began, and which it is until its end."""
    now = timezone.now()
    monkeypatch.setattr(timezone, "now", lambda: now)
    return now
