"""Verify the milestone on a running system: `python -m acc.test_m2`.

Starts a throw-away system of its own, drives it over HTTP and WebSocket only, prints a line a
check and a total, and ends with 0 only if all pass. What it made is gone afterwards.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import secrets
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from acc.verification.checks import CHECKS, Check, checks_for
from acc.verification.client import Client, RefusedError
from acc.verification.system import ROOT, throwaway_system
from acc.verification.visit import visit
from acc.verification.world import World

INTERRUPTED = 130  # as a shell has it of what Ctrl-C ended


def main(arguments: list[str] | None = None) -> int:
    """Run the checks; return the exit code."""
    options = _options(arguments)
    checks = checks_for(options.only)
    began = time.monotonic()
    passed = 0
    # As Ctrl-C, so that everything is cleaned up.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with _world(options) as world:
            for check in checks:
                passed += _run(check, world)
    except (RefusedError, RuntimeError, OSError) as error:
        print(f"the system cannot be verified: {error}")
        return 1
    except KeyboardInterrupt:
        print("interrupted; what was made is cleaned up")
        return INTERRUPTED
    seconds = time.monotonic() - began
    print(f"{passed} of {len(checks)} checks passed in {seconds:.0f} s")
    return 0 if passed == len(checks) else 1


def _run(check: Check, world: World) -> bool:
    """Run one check and print its line; return whether it passed."""
    label = f"{CHECKS.index(check) + 1:2} {check.__name__.replace('_', ' '):18}"
    try:
        seen = check(world)
    except Exception as error:  # noqa: BLE001  an answer of another shape may raise anything
        kept = isinstance(error, AssertionError | RefusedError | OSError) and str(error)
        reason = kept or f"{type(error).__name__}: {error}"
        print(f"FAIL {label} {(check.__doc__ or '').strip()}\n        {reason}", flush=True)
        return False
    print(f"ok   {label} {seen}", flush=True)
    return True


@contextlib.contextmanager
def _world(options: argparse.Namespace) -> Iterator[World]:
    """Yield what the checks act on; what they made is gone afterwards."""
    suffix = secrets.token_hex(3).capitalize()
    slug = f"m2-{suffix.lower()}"
    with contextlib.ExitStack() as stack:
        if options.url:
            client = Client(options.url, options.token, slug)
            if client.get("/health")["trainer"] != "online":
                raise RuntimeError("its trainer is offline; start it with 'manage.py runtrainer'")
            stack.enter_context(visit(client))
            world = World(client, options.task_dir, suffix)
        else:
            system = stack.enter_context(throwaway_system())
            client = system.client(slug)
            world = World(client, system.tasks, suffix, system)
        stack.callback(world.file.unlink, missing_ok=True)
        # Undone last to first: a second Ctrl-C must not cut short what follows.
        stack.callback(signal.signal, signal.SIGINT, signal.SIG_IGN)
        yield world


def _options(arguments: list[str] | None) -> argparse.Namespace:
    home = Path(os.environ.get("ACC_HOME") or ROOT / "var")
    parser = argparse.ArgumentParser(prog="python -m acc.test_m2", description=__doc__)
    parser.add_argument(
        "--only",
        nargs="+",
        metavar="CHECK",
        choices=[check.__name__ for check in CHECKS],
        default=[],
        help="only these checks, and those that they build on: %(choices)s",
    )
    parser.add_argument(
        "--url",
        help="verify this running system instead; the checks make an experiment of their own in "
        "it, which is archived afterwards, and leave out the restart",
    )
    parser.add_argument(
        "--token", help="its API token (default: ACC_API_TOKEN, else the file in ACC_HOME)"
    )
    parser.add_argument(
        "--task-dir",
        type=Path,
        default=ROOT / "acc" / "tasks",
        help="a directory of task files that it follows (default: %(default)s)",
    )
    options = parser.parse_args(arguments)
    if options.url and not options.token:
        options.token = os.environ.get("ACC_API_TOKEN") or _token_of(home, parser)
    return options


def _token_of(home: Path, parser: argparse.ArgumentParser) -> str:
    try:
        return (home / "api-token").read_text().strip()
    except OSError as error:
        parser.error(f"no token: {home / 'api-token'}: {error.strerror}; give one with --token")


if __name__ == "__main__":
    sys.exit(main())
