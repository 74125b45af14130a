"""Fixtures and rules of the whole test run."""

import pytest
from django.conf import settings

from tests.setup.clock import still_clock
from tests.setup.interrupts import no_ctrl_c
from tests.setup.machines import machines
from tests.setup.needs import needs_check, pytest_sessionfinish
from tests.setup.services import valkey, valkey_server

__all__ = [
    "machines",
    "needs_check",
    "no_ctrl_c",
    "pytest_sessionfinish",
    "still_clock",
    "valkey",
    "valkey_server",
]


def pytest_configure() -> None:
    """Leave out of this process what takes a second of every test and is Django's to test.

    A password's hash is slow on purpose, and WhiteNoise lists all files for each new client.
    """
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.WHITENOISE_AUTOREFRESH = True


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the long tests: the whole run would wait for one that began last."""
    items.sort(key=lambda item: item.get_closest_marker("long") is None)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Say how long the page of test_long_job.py stays open; the benchmarks ask for more."""
    parser.addoption("--page-minutes", type=int, default=2, help="of a job at 200 steps a second")
    parser.addoption("--page-figures", metavar="FILE", help="what that came to, as JSON")
