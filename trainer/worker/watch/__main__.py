"""Follows the files of classes until it is stopped: `python -m trainer.worker.watch`.

A package's __main__, so that the probe's warm process does not import it in every look.
"""

import os
import signal
import sys
import tempfile

import django

# The warm process listens on a socket below the directory of temporary files; the path of a socket
# has at most 107 bytes, on macOS 103, of which multiprocessing takes 32.
TEMPORARY_BYTES = 70


def main() -> None:
    """Set Django up and follow the files."""
    # An orderly end, else each start would leave its warm process's directory in TMPDIR.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    if len(os.fsencode(tempfile.gettempdir())) > TEMPORARY_BYTES:
        tempfile.tempdir = "/tmp"  # noqa: S108  # only the directory above a private one
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "accsite.settings")
    django.setup()
    from trainer.worker.watch.watch import watch

    watch()


if __name__ == "__main__":
    main()
