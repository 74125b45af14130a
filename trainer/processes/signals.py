"""Waits that a signal ends at once: Ctrl-C, a request to terminate, the death of a child."""

import select
import signal
import socket
from types import FrameType, TracebackType
from typing import Self

STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def stop_signals() -> list[signal.Signals]:
    """Return what ends us: without the loss of the terminal where nohup had it ignored."""
    return [
        number
        for number in STOP_SIGNALS
        if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN
    ]


class SignalWatch:
    """Collects the signals of the main thread between `with` and its end."""

    def __init__(self) -> None:
        self.stop_count = 0
        self._reader, self._writer = socket.socketpair()
        self._reader.setblocking(False)
        self._writer.setblocking(False)

    def __enter__(self) -> Self:
        """Take over the signals."""
        # A pipe and not threading.Event: setting an Event in a handler can deadlock with wait().
        self._old_fd = signal.set_wakeup_fd(self._writer.fileno(), warn_on_full_buffer=False)
        self._old = {number: signal.signal(number, self._on_stop) for number in stop_signals()}
        self._old[signal.SIGCHLD] = signal.signal(signal.SIGCHLD, self._on_child)
        # Ctrl-Z would stop the supervisor and leave its children running unwatched.
        self._old[signal.SIGTSTP] = signal.signal(signal.SIGTSTP, signal.SIG_IGN)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Give the signals back."""
        for number, handler in self._old.items():
            signal.signal(number, handler)
        signal.set_wakeup_fd(self._old_fd)
        self._reader.close()
        self._writer.close()

    @property
    def stop_requested(self) -> bool:
        """Return whether somebody asked for the end."""
        return self.stop_count > 0

    @property
    def hurry(self) -> bool:
        """Return whether somebody asked twice: no more waiting for anything."""
        return self.stop_count > 1

    def wait(self, seconds: float) -> None:
        """Wait that long, or until the next signal."""
        readable, _, _ = select.select([self._reader], [], [], seconds)
        if readable:
            self._reader.recv(4096)

    def _on_stop(self, number: int, frame: FrameType | None) -> None:
        self.stop_count += 1

    def _on_child(self, number: int, frame: FrameType | None) -> None:
        """Nothing: the signal's byte in the pipe ends the wait."""
