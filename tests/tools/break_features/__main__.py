"""Breaks each feature on purpose in a scratch copy: does the milestone's script notice?

Usage: python -m tests.tools.break_features [--list] [--only NAME ...] [--whole]

Prints a line a breakage; ends with 0 only if the script passes in the unbroken copy and notices
every breakage: it ends with 1, and the check that must notice is the first that fails.
"""

import argparse
import sys
from pathlib import Path

from tests.tools.break_features.breakage import Breakage
from tests.tools.break_features.scratch import Outcome, broken, scratch_tree, verify
from tests.tools.break_features.table import BREAKAGES


def main(arguments: list[str] | None = None) -> int:
    """Try the chosen breakages; return the exit code."""
    options = _options(arguments)
    chosen = [each for each in BREAKAGES if not options.only or each.name in options.only]
    if options.list:
        print("| what is broken | check of `acc.test_m2` | breakage |\n| --- | --- | --- |")
        print("\n".join(each.as_row() for each in chosen))
        return 0
    with scratch_tree() as root:
        checks = sorted({each.check for each in chosen}) if options.only else []
        unbroken = verify(root, checks)
        is_well = unbroken.code == 0
        verdict = "passes" if is_well else f"FAILS\n{unbroken.output}"
        print(f"the unbroken copy {verdict}, {unbroken.seconds:.0f} s", flush=True)
        missed = [each.name for each in chosen if not _is_caught(root, each, whole=options.whole)]
    print(f"{len(chosen) - len(missed)} of {len(chosen)} breakages are caught")
    if missed:
        print(f"not caught: {', '.join(missed)}")
    return 0 if is_well and not missed else 1


def _is_caught(root: Path, breakage: Breakage, *, whole: bool) -> bool:
    with broken(root, breakage):
        outcome = verify(root, [] if whole else [breakage.check])
    caught = outcome.code == 1 and outcome.failed[:1] == [breakage.check]
    told = outcome.reason if caught else _otherwise(outcome)
    label = f"{breakage.name:24} {breakage.check:18}"
    print(
        f"{'caught' if caught else 'MISSED'} {label} {outcome.seconds:3.0f} s  {told}", flush=True
    )
    return caught


def _otherwise(outcome: Outcome) -> str:
    if outcome.failed:
        return f"{outcome.failed[0]} fails first: {outcome.reason}"
    return f"exit code {outcome.code}: {outcome.output.strip()[-300:]}"


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.tools.break_features")
    parser.add_argument("--list", action="store_true", help="only list the breakages, as a table")
    parser.add_argument(
        "--only", nargs="+", default=[], metavar="NAME", choices=[each.name for each in BREAKAGES]
    )
    parser.add_argument(
        "--whole",
        action="store_true",
        help="run the whole script for each, not just the check that must notice",
    )
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
