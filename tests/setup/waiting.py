"""The one wait of all tests: looks often, and says what did not come true."""

import time
from collections.abc import Callable
from typing import Any


def wait_until(fact: Callable[[], Any], name: str, *, seconds: float = 120.0) -> Any:
    """Return what `fact` returns as soon as it is true.

    Raises:
        AssertionError: it took too long.
    """
    give_up_at = time.monotonic() + seconds
    while not (found := fact()):
        assert time.monotonic() < give_up_at, f"not within {seconds:g} s: {name}"
        time.sleep(0.02)
    return found
