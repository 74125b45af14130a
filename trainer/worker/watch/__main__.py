"""Follows the files of classes until it is killed: `python -m trainer.worker.watch`.

A package's __main__, so that the probe's warm process does not import it in every look.
"""

import os

import django


def main() -> None:
    """Set Django up and follow the files."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "accsite.settings")
    django.setup()
    from trainer.worker.watch.watch import watch

    watch()


if __name__ == "__main__":
    main()
