"""A page that stays open for half an hour of a job: the browser test, as long as it claims."""

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from acc.verification.system import ROOT

MINUTES = 30
TEST = "tests/browser/test_long_job.py"


def figures(*, minutes: int) -> dict[str, Any]:
    """Run the test; return what it noted.

    Raises:
        RuntimeError: the page drew something else than what is stored, or grew.
    """
    with tempfile.TemporaryDirectory(prefix="acc-bench-") as place:
        noted = Path(place) / "figures.json"
        command = [sys.executable, "-m", "pytest", "-q", "-rs", TEST]
        command += ["--page-minutes", str(minutes), "--page-figures", str(noted)]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        if done.returncode or not noted.exists():
            raise RuntimeError(f"the page does not pass its test:\n{done.stdout[-2000:]}")
        found: dict[str, Any] = json.loads(noted.read_text())
    return found
