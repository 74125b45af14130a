#!/usr/bin/env python
"""Django's command line for ACC: up, runserver, runtrainer, migrate, test and more."""

import os
import sys


def main() -> None:
    """Run the command that the arguments name."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "accsite.settings")
    if sys.argv[1:2] == ["test"]:
        # Settings are read before pytest starts: point them at a throw-away home first.
        import tests.setup.environment  # noqa: F401
    try:
        from django.core.management import execute_from_command_line
    except ImportError:
        sys.exit(
            "Django is not installed for this Python; use .venv/bin/python, which "
            "`make setup` makes."
        )
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
