"""What a person's code may raise: told as its error wherever it is run, and the end of nothing."""

import signal


def code_errors() -> tuple[type[BaseException], ...]:
    """Return what counts as an error of a person's code, for an `except`.

    All there is, KeyboardInterrupt too, in a process that ignores SIGINT, as the workers' children
    do: no Ctrl-C raises it there, so that it was the code. In any other, such as a notebook's, it
    is somebody's wish to end.
    """
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        return (BaseException,)
    return (Exception, SystemExit)
