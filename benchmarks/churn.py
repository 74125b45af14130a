"""Pages that come and go: each stays for a while, hangs up, and another one connects."""

import random
import selectors
import threading
import time
from contextlib import suppress

from benchmarks.crowd import Viewer, viewer_connect, viewer_read

STAY_SECONDS = (3.0, 60.0)
LOOK_SECONDS = 0.5


class Churn(threading.Thread):
    """Keeps so many pages open, never the same for long.

    Attributes:
        opened: how many there were.
        received: how many messages came.
        refused: how often nobody let one in; it is tried again.
    """

    def __init__(self, url: str, count: int, *, seed: int) -> None:
        super().__init__(name="churn", daemon=True)
        self.opened = self.received = self.refused = 0
        self._url, self._count = url, count
        self._chance = random.Random(seed)
        self._ended = threading.Event()
        self._selector = selectors.DefaultSelector()
        self._leaves_at: dict[Viewer, float] = {}

    def run(self) -> None:
        """Open, read and close until told to stop."""
        while not self._ended.is_set():
            while len(self._leaves_at) < self._count and self._open():
                pass
            for key, _ in self._selector.select(LOOK_SECONDS):
                self._read(key.data)
            now = time.monotonic()
            for viewer in [one for one, leaves_at in self._leaves_at.items() if now > leaves_at]:
                self._close(viewer)
        for viewer in list(self._leaves_at):
            self._close(viewer)

    def end(self) -> None:
        """Stop; returns once every page is closed."""
        self._ended.set()
        self.join(timeout=10)

    def _open(self) -> bool:
        try:
            viewer = viewer_connect(self._url)
        except OSError:
            self.refused += 1
            return False
        viewer.socket.setblocking(False)
        self._selector.register(viewer.socket, selectors.EVENT_READ, viewer)
        self._leaves_at[viewer] = time.monotonic() + self._chance.uniform(*STAY_SECONDS)
        self.opened += 1
        return True

    def _read(self, viewer: Viewer) -> None:
        before = viewer.received
        try:
            viewer_read(viewer, {}, is_counting=False)
        except OSError:
            viewer.is_open = False
        self.received += viewer.received - before
        if not viewer.is_open:
            self._close(viewer)

    def _close(self, viewer: Viewer) -> None:
        """Hang up, without a word every other time: as a browser, and as a lost network does."""
        del self._leaves_at[viewer]
        self._selector.unregister(viewer.socket)
        if viewer.is_open and self._chance.random() < 0.5:
            with suppress(OSError):
                # A closing frame, masked with zeros, with the code 1001: going away.
                viewer.socket.sendall(b"\x88\x82\x00\x00\x00\x00\x03\xe9")
        viewer.socket.close()
