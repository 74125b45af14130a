"""Skips tests whose programs are missing, with a line on how to get them; CI allows no skip."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

POSTGRES_DIRS = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)


def postgres_bin() -> Path | None:
    """Return the directory of PostgreSQL's server programs, None where there is none."""
    found = shutil.which("initdb")
    if found:
        return Path(found).parent
    return next((path for path in POSTGRES_DIRS if (path / "initdb").exists()), None)


def chromium_path() -> str | None:
    """Return the Chromium (or Chrome) to drive, None where there is none.

    The shell, where it is installed: the same pages, but none of the browser's own, which cost
    more than ours (it loads its address bar's menus anew for each window).
    """
    names = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
    return next((path for name in names if (path := shutil.which(name))), None)


def _node() -> str | None:
    return shutil.which("node")


NEEDS: dict[str, tuple[Callable[[], object], str]] = {
    "browser": (
        chromium_path,
        "Chromium is missing; get it with: apt-get install chromium-headless-shell",
    ),
    "node": (_node, "Node is missing; get it with: apt-get install nodejs"),
    "postgres": (
        postgres_bin,
        "PostgreSQL's server is missing; get it with: apt-get install postgresql",
    ),
}


@pytest.fixture(autouse=True)
def needs_check(request: pytest.FixtureRequest) -> None:
    """Skip a test marked with a need that this machine does not meet."""
    for marker, (find, sentence) in NEEDS.items():
        if request.node.get_closest_marker(marker) and not find():
            pytest.skip(sentence)


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail a CI run in which anything was skipped: it would look greener than it is."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if reporter is None or os.environ.get("CI") != "true":
        return
    skipped = len(reporter.stats.get("skipped", []))
    if skipped and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
        reporter.write_line(f"CI=true: {skipped} skipped, which counts as failed", red=True)
