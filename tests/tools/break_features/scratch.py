"""A copy of the tracked tree, and what `python -m acc.test_m2` says there."""

import contextlib
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.tools.break_features.breakage import Breakage
from tests.tools.break_features.table import ROOT

RUN_SECONDS = 600.0
# "FAIL 12 set weight         A changed weight ..."
_LINE = re.compile(r"^(ok  |FAIL) +\d+ (\w+(?: \w+)*)  ", flags=re.MULTILINE)


@dataclass(frozen=True)
class Outcome:
    """How a run of the script ended."""

    code: int
    passed: list[str]
    failed: list[str]
    reason: str  # of the first failure
    output: str
    seconds: float


@contextlib.contextmanager
def scratch_tree() -> Iterator[Path]:
    """Yield a directory with a copy of the files that git tracks, as they are now."""
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True
    )
    with tempfile.TemporaryDirectory(prefix="acc-broken-") as name:
        for file in filter(None, listed.stdout.split("\0")):
            if (ROOT / file).is_file():
                copy = Path(name) / file
                copy.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(ROOT / file, copy)
        yield Path(name)


@contextlib.contextmanager
def broken(root: Path, breakage: Breakage) -> Iterator[None]:
    """Have a breakage in the tree for as long as the context lasts."""
    before = breakage.apply(root)
    try:
        yield
    finally:
        (root / breakage.file).write_text(before)


def verify(root: Path, checks: Sequence[str]) -> Outcome:
    """Run the script in a tree: these checks with those that they build on, or all."""
    only = ["--only", *checks] if checks else []
    began = time.monotonic()
    with subprocess.Popen(
        [sys.executable, "-m", "acc.test_m2", *only],
        cwd=root,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,  # Ctrl-C reaches us alone
    ) as run:
        try:
            output, _ = run.communicate(timeout=RUN_SECONDS)
        except BaseException:
            run.terminate()
            run.wait()  # it stops its system first, which runs from this tree
            raise
    seen = [(verdict, name.replace(" ", "_")) for verdict, name in _LINE.findall(output)]
    return Outcome(
        code=run.returncode,
        passed=[name for verdict, name in seen if verdict != "FAIL"],
        failed=[name for verdict, name in seen if verdict == "FAIL"],
        reason=next(iter(re.findall(r"^FAIL .*\n +(.*)$", output, flags=re.MULTILINE)), ""),
        output=output,
        seconds=time.monotonic() - began,
    )
