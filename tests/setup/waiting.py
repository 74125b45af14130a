"""The one wait of all tests: looks often, ever less so, and says what did not come true."""

import time
from collections.abc import Callable
from typing import Any

# A look may be a request, and whole systems share two processors with those who look.
LONGEST_PAUSE = 0.1


def wait_until(fact: Callable[[], Any], name: str, *, seconds: float = 120.0) -> Any:
    """Return what `fact` returns as soon as it is true.

    Raises:
        AssertionError: it took too long.
    """
    give_up_at = time.monotonic() + seconds
    pause = 0.02
    while not (found := fact()):
        assert time.monotonic() < give_up_at, f"not within {seconds:g} s: {name}"
        time.sleep(pause)
        pause = min(1.1 * pause, LONGEST_PAUSE)
    return found
