"""Where Ctrl-C cannot come: in the children of a worker."""

import signal
from collections.abc import Iterator

import pytest


@pytest.fixture
def no_ctrl_c() -> Iterator[None]:
    """A process that ignores SIGINT, as Celery has its pool's processes do."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    yield
    signal.signal(signal.SIGINT, before)
