"""Fixtures and rules of the whole test run."""

from tests.setup.needs import needs_check, pytest_sessionfinish
from tests.setup.services import valkey, valkey_server

__all__ = ["needs_check", "pytest_sessionfinish", "valkey", "valkey_server"]
