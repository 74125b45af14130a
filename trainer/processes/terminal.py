"""Takes the terminal's Ctrl-C for this process alone when a make or a script started it.

`make` that hears Ctrl-C ends with an error whatever its recipe does. So the command moves
to a process group of its own, in the terminal's foreground, and leaves a relay in make's
group that waits for it. Started straight from a shell there is nothing to do.
"""

import os
import signal
import sys
from types import FrameType

from trainer.processes.children import die_with_parent
from trainer.processes.signals import STOP_SIGNALS, stop_signals


def take_terminal() -> None:
    """Go on in a child with the terminal's foreground, where we share it with a parent."""
    try:
        terminal = os.open("/dev/tty", os.O_RDWR | os.O_CLOEXEC)
    except OSError:
        return  # no terminal, no Ctrl-C
    shared = os.tcgetpgrp(terminal) == os.getpgrp() != os.getpid()
    if not shared:
        os.close(terminal)
        return
    parent = os.getpid()
    sys.stdout.flush()
    # Held back until the relay passes them on, or the child is where it belongs.
    signal.pthread_sigmask(signal.SIG_BLOCK, STOP_SIGNALS)
    child = os.fork()
    if child == 0:
        die_with_parent(parent)()
        os.setpgid(0, 0)
        _give_foreground(terminal, os.getpid())
        os.close(terminal)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, STOP_SIGNALS)
        return
    code = _relay(child)
    _give_foreground(terminal, os.getpgrp())
    os._exit(code)


def _relay(child: int) -> int:
    """Pass on the signals that reach make's group another way; return the child's exit code."""

    def pass_on(number: int, frame: FrameType | None) -> None:
        os.kill(child, number)

    for number in stop_signals():
        signal.signal(number, pass_on)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, STOP_SIGNALS)
    _, status = os.waitpid(child, 0)
    code = os.waitstatus_to_exitcode(status)
    return code if code >= 0 else 128 - code


def _give_foreground(terminal: int, group: int) -> None:
    # Ignored meanwhile: the kernel stops a background process that moves the foreground.
    old = signal.signal(signal.SIGTTOU, signal.SIG_IGN)
    try:
        os.tcsetpgrp(terminal, group)
    except OSError:
        pass  # the terminal is gone, and its Ctrl-C with it
    finally:
        signal.signal(signal.SIGTTOU, old)
