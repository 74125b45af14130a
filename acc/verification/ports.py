"""Ports of this machine."""

from __future__ import annotations

import random
import socket

# Below the ports that Linux, macOS and Windows give to outgoing connections: one of those may be
# somebody's by the time a server listens on it, or when it comes back after a restart.
FIRST, LAST = 20_000, 32_000
_given: set[int] = set()  # whose server may not listen yet


def free_port() -> int:
    """Return a port of this machine that nobody uses now, and that no client is given by chance.

    Each is given once.
    """
    while True:
        port = random.SystemRandom().randint(FIRST, LAST)  # whatever seed a test run has
        if port in _given:
            continue
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        _given.add(port)
        return port
